import { describe, expect, test } from 'vitest';
import { parseServerUrl, toServerEndpoint } from '../../src/engines/server-url.js';

const EXAMPLE = 'db://backup:p%40ss@db.example.com';
const RULES = { defaultPort: 1000, defaultUser: 'root', parameters: ['tls', 'socket'], example: EXAMPLE };

function messageOf(url: string): string {
  try {
    parseServerUrl(url, RULES);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`${url} is taken`);
}

describe('a URL whose password holds a raw special character', () => {
  test.each([
    'db://backup:123?secret@db1:5432',
    'db://backup:4567/secret@db1',
    'db://backup:4567#secret@db1',
    'db://backup:/secret@db1',
    'db://backup:p@secret/word@db1',
    'db://backup:4567/?secret=1@db1',
    'db://backup:secret/1@db1',
  ])('%s is refused, and no part of it is shown', (url) => {
    expect(messageOf(url)).toBe(`The URL must name a host and encode special characters, as in ${EXAMPLE}.`);
    expect(toServerEndpoint(url, 1000)).toBe('db://…');
  });
});

describe('a parameter of a URL that is not known', () => {
  test('is named where it looks like a name', () => {
    expect(messageOf('db://host/?ssl-mode=x')).toBe(
      "The URL's parameter ssl-mode is not known. Known are: tls, socket.",
    );
  });

  test.each(['db://host/?secret1', 'db://host/?s:cret=1', 'db://host/?%40secret', 'db://host/?a%20secret'])(
    'is not named in %s',
    (url) => {
      expect(messageOf(url)).toBe('A parameter of the URL is not known. Known are: tls, socket.');
    },
  );
});

test('a URL may hold an encoded @ anywhere', () => {
  expect(parseServerUrl('db://us%40er:p%40ss@h/d%40b?socket=/a%40b', RULES)).toMatchObject({
    host: 'h',
    user: 'us@er',
    password: 'p@ss',
    database: 'd@b',
    parameters: new Map([['socket', '/a@b']]),
  });
  expect(toServerEndpoint('db://us%40er:p%40ss@h/d%40b?socket=/a%40b', 1000)).toBe('db://h:1000');
});
