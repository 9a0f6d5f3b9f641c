import { describe, expect, test } from 'vitest';
import { TestApp } from '../support/test-app.js';

/** Addresses of its pages. */
const PAGES = ['/', '/instances', '/instances/0198', '/backups'];

describe('The console is delivered', () => {
  test('at each of its addresses as the same page, which browsers ask for anew', async () => {
    await using app = await TestApp.start();

    const pages = await Promise.all(PAGES.map((path) => fetch(app.url + path)));

    for (const page of pages) {
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('cache-control')).toBe('no-cache');
    }
    const [first, ...others] = await Promise.all(pages.map((page) => page.text()));
    expect(new Set(others)).toEqual(new Set([first]));
  });

  test('with a policy that lets nothing run but its own files, and nobody frame it', async () => {
    await using app = await TestApp.start();

    const { headers } = await fetch(app.url);

    const policy = headers.get('content-security-policy') ?? '';
    expect(policy.split(';')).toContain("default-src 'none'");
    expect(policy.split(';')).toContain("script-src 'self'");
    expect(policy.split(';')).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('with scripts that are compressed, and kept by browsers for good', async () => {
    await using app = await TestApp.start();
    const page = await (await fetch(app.url)).text();
    const [, script = ''] = /<script type="module"[^>]* src="([^"]+)"/.exec(page) ?? [];

    const answers = await Promise.all(
      ['br', 'gzip', 'identity'].map((encoding) =>
        fetch(app.url + script, { headers: { 'accept-encoding': encoding } }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers.map(({ headers }) => headers.get('content-encoding'))).toEqual(['br', 'gzip', null]);
    for (const { headers } of answers) {
      expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(headers.get('content-type')).toContain('javascript');
    }
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(new Set(texts).size).toBe(1);
  });

  test('without what is not there: a file of another build is not found, and no page is given in its place', async () => {
    await using app = await TestApp.start();

    const answers = await Promise.all(
      ['/assets/index-00000000.js', '/index.html.map', '/../package.json', '/elsewhere'].map((path) =>
        fetch(app.url + path),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  });

  test('and to pages of this server alone', async () => {
    await using app = await TestApp.start();

    const answer = await fetch(app.url, { headers: { origin: 'https://elsewhere.example' } });

    expect(answer.status).toBe(403);
  });
});
