import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/domain/instance.js';
import { ClientTools } from '../../src/engines/client-tools.js';
import { PostgresqlEngine } from '../../src/engines/postgresql/postgresql-engine.js';
import { PostgresqlTools } from '../../src/engines/postgresql/tools.js';
import { errorOf, takeDump } from '../support/dumps.js';
import { writeProgram } from '../support/fake-programs.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';

const { signal } = new AbortController();

function failed(code: string, message: RegExp): object {
  return { name: 'BackupFailedError', code, message: expect.stringMatching(message) };
}

describe('the client programs of PostgreSQL', () => {
  const PRODUCT = { engine: Engine.POSTGRESQL, engineVersion: '15.4' };

  async function fakePrograms(version: string, names = ['pg_dump', 'pg_dumpall', 'pg_restore']): Promise<TempDir> {
    const dir = await TempDir.create();
    for (const name of names) await writeProgram(dir, name, `echo '${name} (PostgreSQL) ${version}'`);
    return dir;
  }

  function engineOf(...dirs: readonly TempDir[]): PostgresqlEngine {
    const folders = dirs.map(({ path }) => path);
    return new PostgresqlEngine(new ClientTools([]), () => Promise.resolve(folders));
  }

  test('are missing altogether', async () => {
    const none = engineOf();
    await expect(none.assertTools(PRODUCT)).rejects.toMatchObject({
      code: 'CLIENT_TOOL_MISSING',
      details: { needed: 'pg_dump 15 or newer', found: [], advice: expect.stringContaining('postgresql-client-15') },
    });
    await expect(none.checkFormat('pgdump', Readable.from([]), signal)).rejects.toMatchObject(
      failed('DUMP_FAILED', /no pg_restore\. Install/),
    );
  });

  test('are too old for the server', async () => {
    await using old = await fakePrograms('9.6.1');
    await using older = await fakePrograms('14.12 (Debian 14.12-1)');
    const error = await errorOf(engineOf(old, older).assertTools(PRODUCT));
    expect(error).toMatchObject({
      code: 'CLIENT_TOOL_MISSING',
      details: { found: [`pg_dump 9.6.1 (${old.join('pg_dump')})`, `pg_dump 14.12 (${older.join('pg_dump')})`] },
    });
    expect((error as Error).message).toMatch(/^Backing this instance up takes pg_dump 15 or newer; .*\.$/);
  });

  test.each([
    ['9.6.24', '9.6.1'],
    ['9.5.3', '9.6.1'],
    ['10.3', '15.4'],
    ['15.20', '15.4'],
    ['16.1', '18beta1'],
  ])('are chosen for a server of version %s: those of %s', async (engineVersion, version) => {
    await using a = await fakePrograms('18beta1');
    await using b = await fakePrograms('9.6.1');
    await using c = await fakePrograms('15.4');
    await engineOf(a, b, c).assertTools({ ...PRODUCT, engineVersion });
    const tools = new PostgresqlTools(new ClientTools([]), () => Promise.resolve([a.path, b.path, c.path]));
    const chosen = await tools.getFor(engineVersion);
    expect(version).toContain(chosen.dump.version);
    expect(chosen.dumpAll.version).toBe(chosen.dump.version);
  });

  test('are all needed', async () => {
    await using some = await fakePrograms('15.1', ['pg_dump', 'pg_dumpall']);
    await using old = await fakePrograms('14.1', ['pg_restore']);
    await expect(engineOf(some, old).assertTools(PRODUCT)).rejects.toMatchObject({
      details: { needed: 'pg_restore 15 or newer', found: [`pg_restore 14.1 (${old.join('pg_restore')})`] },
    });
  });

  test('are found once they are installed', async () => {
    await using dir = await TempDir.create();
    const late = engineOf(dir);
    expect(await errorOf(late.assertTools(PRODUCT))).not.toBeNull();
    for (const name of ['pg_dump', 'pg_dumpall', 'pg_restore']) {
      await writeProgram(dir, name, `echo '${name} (PostgreSQL) 15.0'`);
    }
    await late.assertTools(PRODUCT);
  });

  test.skipIf(!hasPostgresPrograms)('fail a dump that finds none, with the same words', async () => {
    await using server = await PostgresServer.start();
    await using scratch = await TempDir.create();
    const order = { engine: engineOf(), url: server.url(), name: 'postgres', scratch };
    expect(await errorOf(takeDump(order))).toMatchObject(
      failed(
        'DUMP_FAILED',
        /^Database postgres cannot be dumped: Backing this instance up takes pg_dump \d+ or newer; /,
      ),
    );
  });
});
