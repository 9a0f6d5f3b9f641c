import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { errorOf, takeDump } from '../support/dumps.js';
import { createSampleDatabase } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';

const ODD_NAMES = [
  'two words.db',
  'ünïcödé 数据库 😀.db',
  "it's.db",
  'say "hello".db',
  '100%.db',
  '%41.db',
  '%2541.db',
  '%zz.db',
  'what?.db',
  'mode=memory&x=1.db',
  '?mode=memory.db',
  'a#b.db',
  'back\\slash.db',
  'line\nfeed.db',
  '-dash.db',
  ' .db',
  'a;b$(c)`d`.db',
];
const { signal } = new AbortController();

function outside(error: unknown): void {
  expect(error).toMatchObject({ code: 'BAD_USER_INPUT', details: { fields: [{ path: 'url', rule: 'sqliteRoots' }] } });
}

describe('names of SQLite files', () => {
  const engine = new SqliteEngine(null);

  test.each(ODD_NAMES)('%j is registered as it stands, and dumped under the URL that is kept', async (name) => {
    await using dir = await TempDir.create();
    await using scratch = await TempDir.create();
    await createSampleDatabase(dir.join(name));

    for (const path of [dir.join(name), dir.join(name.replaceAll('%', '%25'))]) {
      const probe = await engine.probe(`sqlite:${path}`, signal);
      expect(probe.databases.map((database) => database.name)).toEqual([name]);
      expect(probe.endpoint).toBe(`sqlite:${dir.join(name)}`);
      expect((await takeDump({ engine, url: probe.url, name, scratch })).length).toBeGreaterThan(4096);
    }
  });

  test('are all found and dumped side by side in one folder', async () => {
    await using dir = await TempDir.create();
    await using scratch = await TempDir.create();
    for (const [index, name] of ODD_NAMES.entries()) {
      await createSampleDatabase(dir.join(name), { sizeBytes: 20_000 * (index + 1) });
    }
    const { url, databases } = await engine.probe(`sqlite:${dir.path}`, signal);
    expect(databases.map(({ name }) => name)).toEqual([...ODD_NAMES].sort());
    for (const { name, sizeBytes } of databases) {
      expect((await takeDump({ engine, url, name, scratch })).length).toBe(sizeBytes);
    }
  });
});

describe('the path in a SQLite URL', () => {
  const engine = new SqliteEngine(null);
  const namesAt = async (url: string): Promise<string[]> =>
    (await engine.listDatabases(url, signal)).map(({ name }) => name);

  test('is the same with two or three slashes, with localhost, and whatever the case of the scheme', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    for (const prefix of ['sqlite:', 'sqlite://', 'sqlite://localhost', 'sqlite://LOCALHOST', 'SQLite:']) {
      expect(await namesAt(`${prefix}${dir.join('shop.db')}`)).toEqual(['shop.db']);
    }
  });

  test('is percent-decoded; where only the literal name exists, that is meant', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('%41.db'));
    expect(await namesAt(`sqlite:${dir.join('%41.db')}`)).toEqual(['%41.db']);
    await createSampleDatabase(dir.join('A.db'));
    expect(await namesAt(`sqlite:${dir.join('%41.db')}`)).toEqual(['A.db']);
    expect(await namesAt(`sqlite:${dir.join('%2541.db')}`)).toEqual(['%41.db']);
  });

  test('goes on meaning the registered file when a file of the decoded name turns up later', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('%41.db'));
    const { url } = await engine.probe(`sqlite:${dir.join('%41.db')}`, signal);
    await createSampleDatabase(dir.join('A.db'));
    expect(await namesAt(url)).toEqual(['%41.db']);
  });

  test('may end in a slash, and hold dots', async () => {
    await using dir = await TempDir.create();
    await mkdir(dir.join('a'));
    await createSampleDatabase(dir.join('a', 'shop.db'));
    expect(await namesAt(`sqlite:${dir.path}/a/`)).toEqual(['shop.db']);
    expect(await namesAt(`sqlite:${dir.path}/b/../a/./shop.db`)).toEqual(['shop.db']);
  });

  test.each(['sqlite:shop.db', 'sqlite:./shop.db', 'sqlite::memory:', 'sqlite:/srv/a%00b', 'sqlite:/srv/a\0b'])(
    'that names no file is refused: %j',
    async (url) => {
      const error = await errorOf(engine.probe(url, signal));
      expect(error).toMatchObject({ name: expect.stringMatching(/^(DomainError|EngineUnreachableError)$/) });
    },
  );
});

describe('the folders that SQLITE_ROOTS allows', () => {
  async function tree(): Promise<{ dir: TempDir; engine: SqliteEngine }> {
    const dir = await TempDir.create();
    for (const name of ['allowed', 'allowed-not', 'secret']) await mkdir(dir.join(name));
    await createSampleDatabase(dir.join('allowed', 'shop.db'));
    await createSampleDatabase(dir.join('allowed-not', 'near.db'));
    await createSampleDatabase(dir.join('secret', 'payroll.db'));
    return { dir, engine: new SqliteEngine([dir.join('allowed'), '/srv/none']) };
  }

  test('hold what may be registered', async () => {
    const { dir, engine } = await tree();
    await using _dir = dir;
    for (const path of [dir.join('allowed'), dir.join('allowed', 'shop.db')]) {
      expect((await engine.probe(`sqlite:${path}`, signal)).databases).toHaveLength(1);
    }
  });

  test.each([
    'secret/payroll.db',
    'secret',
    'secret/none.db',
    'allowed/../secret/payroll.db',
    'allowed-not/near.db',
    '',
    '..',
  ])('do not hold %j, which is refused whether it exists or not', async (path) => {
    const { dir, engine } = await tree();
    await using _dir = dir;
    outside(await errorOf(engine.probe(`sqlite:${dir.path}/${path}`, signal)));
    outside(await errorOf(engine.listDatabases(`sqlite:${dir.path}/${path}`, signal)));
  });

  test.each(['%2E%2E', '..%2F..%2F', '%2e%2e%2f'])('cannot be left by %s', async (way) => {
    const { dir, engine } = await tree();
    await using _dir = dir;
    outside(await errorOf(engine.probe(`sqlite:${dir.join('allowed')}/${way}/../secret/payroll.db`, signal)));
  });

  test('may be links, and are then meant by both of their paths', async () => {
    const { dir } = await tree();
    await using _dir = dir;
    await symlink(dir.join('allowed'), dir.join('link'));
    const engine = new SqliteEngine([dir.join('link')]);
    for (const folder of ['link', 'allowed']) {
      expect((await engine.probe(`sqlite:${dir.join(folder, 'shop.db')}`, signal)).databases).toHaveLength(1);
    }
  });

  test('cannot be left by a symbolic link, neither to a file nor to a folder', async () => {
    const { dir, engine } = await tree();
    await using _dir = dir;
    await symlink(dir.join('secret', 'payroll.db'), dir.join('allowed', 'link.db'));
    await symlink(dir.join('secret'), dir.join('allowed', 'folder'));
    for (const path of ['link.db', 'folder', 'folder/payroll.db']) {
      expect(await errorOf(engine.probe(`sqlite:${dir.join('allowed', path)}`, signal))).toMatchObject({
        name: 'EngineUnreachableError',
        message: 'it leads outside the folders that SQLITE_ROOTS allows.',
      });
    }
    const listed = await engine.listDatabases(`sqlite:${dir.join('allowed')}`, signal);
    expect(listed.map(({ name }) => name)).toEqual(['shop.db']);
  });

  test('cannot be left by a link that is turned after the registration', async () => {
    const { dir, engine } = await tree();
    await using _dir = dir;
    await using scratch = await TempDir.create();
    const { url } = await engine.probe(`sqlite:${dir.join('allowed')}`, signal);
    await rm(dir.join('allowed', 'shop.db'));
    await symlink(dir.join('secret', 'payroll.db'), dir.join('allowed', 'shop.db'));
    await expect(takeDump({ engine, url, name: 'shop.db', scratch })).rejects.toThrow('SQLITE_ROOTS');
  });

  test('cannot be left by the name of a database', async () => {
    const { dir, engine } = await tree();
    await using _dir = dir;
    await using scratch = await TempDir.create();
    const dumping = takeDump({ engine, url: `sqlite:${dir.join('allowed')}`, name: '../secret/payroll.db', scratch });
    await expect(dumping).rejects.toThrow('SQLITE_ROOTS');
  });

  test('may themselves be reached through a link, and links inside them are fine', async () => {
    const { dir } = await tree();
    await using _dir = dir;
    await rename(dir.join('allowed'), dir.join('moved'));
    await symlink(dir.join('moved'), dir.join('allowed'));
    await symlink(dir.join('moved', 'shop.db'), dir.join('moved', 'alias.db'));
    const engine = new SqliteEngine([dir.join('allowed')]);
    const { databases } = await engine.probe(`sqlite:${dir.join('allowed')}`, signal);
    expect(databases.map(({ name }) => name)).toEqual(['alias.db', 'shop.db']);
  });
});
