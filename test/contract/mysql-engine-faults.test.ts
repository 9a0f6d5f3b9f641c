import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine } from '../../src/domain/instance.js';
import { ClientTools } from '../../src/engines/client-tools.js';
import type { Dump } from '../../src/engines/database-engine.js';
import { MysqlEngine } from '../../src/engines/mysql/mysql-engine.js';
import { beginDump, errorOf, takeDump } from '../support/dumps.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createMysqlEngine();
const { signal } = new AbortController();
/** Much more than what pipes and sockets hold. */
const MUCH = 'SELECT seq, REPEAT(MD5(seq), 30) FROM mysql.seq_1_to_60000';

function failed(code: string, sentence: RegExp): object {
  return { name: 'BackupFailedError', code, message: expect.stringMatching(new RegExp(`${sentence.source}[^]*\\.$`)) };
}

/** Command lines of the processes that mention a text. */
async function listProcesses(text: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((line) => line.includes(text));
}

/** Puts a program in place of the real one: it answers for its version as that does, or as told. */
async function putProgram(dir: TempDir, name: string, program: { version?: string; script?: string }): Promise<string> {
  const folder = await mkdtemp(dir.join('tools-'));
  const version = program.version === undefined ? 'exec mariadb-dump --version' : `echo '${program.version}'; exit 0`;
  const script = `#!/bin/sh\nPATH=/usr/local/bin:/usr/bin:/bin\nif [ "$1" = --version ]; then ${version}; fi\n${program.script ?? ''}\n`;
  await writeFile(join(folder, name), script, { mode: 0o755 });
  return folder;
}

describe.skipIf(!hasMariadbPrograms)('a dump of a MariaDB database', () => {
  let server: MariadbServer;
  let dir: TempDir;
  beforeAll(async () => {
    dir = await TempDir.create();
    server = await MariadbServer.start();
    await server.sql(
      `CREATE DATABASE shop; CREATE TABLE shop.items (id INT PRIMARY KEY, content TEXT); INSERT INTO shop.items ${MUCH}`,
    );
  });
  afterAll(async () => {
    expect(await listProcesses(dir.path)).toEqual([]);
    await server[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  const of = (
    name: string,
    from = engine,
    url = server.url(),
  ): { engine: MysqlEngine; url: string; name: string; scratch: TempDir } => ({
    engine: from,
    url,
    name,
    scratch: dir,
  });

  /** Reads a dump of a database into the rows of its first table, lets something happen, and reads on to the end. */
  async function dumpAround(name: string, strike: (dump: Dump) => Promise<void>, from = server): Promise<unknown> {
    await using dump = await beginDump({ ...of(name, engine, from.url()) });
    const reading = dump.content[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (let chunk = await reading.next(); !chunk.value?.includes('INSERT INTO'); chunk = await reading.next());
    await strike(dump);
    const rest = (async (): Promise<void> => {
      while ((await reading.next()).done !== true);
    })();
    return await errorOf(Promise.all([rest, dump.completion]));
  }

  test('fails with the tool, however that ends', async () => {
    const exits = await putProgram(dir, 'mariadb-dump', {
      script: 'mariadb-dump "$@"; echo "out of luck" >&2; exit 1',
    });
    expect(await errorOf(takeDump(of('shop', createMysqlEngine(exits))))).toMatchObject(
      failed(
        'DUMP_FAILED',
        /^Database shop cannot be dumped: mariadb-dump ended with exit code 1\. It said: out of luck/,
      ),
    );
    const killed = await putProgram(dir, 'mariadb-dump', {
      script: 'mariadb-dump "$@" 2>/dev/null | head -c 100000; kill -9 $$',
    });
    expect(await errorOf(takeDump(of('shop', createMysqlEngine(killed))))).toMatchObject(
      failed('DUMP_FAILED', /mariadb-dump was ended by the signal SIGKILL\. It said nothing/),
    );
  });

  test.each([0, 50, 2000, 1_000_000])(
    'that was cut after %d bytes by a tool that calls itself well is no dump',
    async (bytes) => {
      const cuts = await putProgram(dir, 'mariadb-dump', {
        script: `mariadb-dump "$@" 2>/dev/null | head -c ${bytes}; exit 0`,
      });
      const dump = await takeDump(of('shop', createMysqlEngine(cuts)));
      const verdict = engine.checkFormat(
        'sql',
        (async function* (): AsyncGenerator<Buffer> {
          yield await Promise.resolve(dump);
        })(),
        signal,
      );
      await expect(verdict).rejects.toMatchObject(failed('DUMP_FAILED', /its last line is not "-- Dump completed"/));
    },
  );

  test('takes a tool of the right family, and none that is older than the server', async () => {
    const { engineVersion } = await engine.checkHealth(server.url(), signal);
    const [major = 0, minor = 0] = engineVersion.split('.').map(Number);
    const put = async (name: string, version: string): Promise<string> =>
      putProgram(dir, name, { version, script: 'exit 3' });
    const oracle = await put('mysqldump', 'mysqldump  Ver 99.0.36 for Linux on x86_64 (MySQL Community Server - GPL)');
    const older = await put(
      'mariadb-dump',
      `mariadb-dump  Ver 10.19 Distrib ${major}.${minor - 1}.9-MariaDB, for Linux`,
    );
    const newer = await put(
      'mariadb-dump',
      `mariadb-dump from ${major + 1}.4.2-MariaDB, client 10.19 for Linux (x86_64)`,
    );
    const next = await put('mysqldump', `mysqldump  Ver 10.19 Distrib ${major}.${minor + 1}.0-MariaDB, for Linux`);
    const needed = `mariadb-dump ${major}.${minor} or newer`;
    const assertWith = async (...folders: readonly string[]): Promise<unknown> =>
      errorOf(new MysqlEngine(new ClientTools(folders)).assertTools({ engine: Engine.MARIADB, engineVersion }));

    for (const folders of [[], [oracle], [older], [oracle, older]]) {
      expect(await assertWith(...folders)).toMatchObject({ code: 'CLIENT_TOOL_MISSING', details: { needed } });
    }
    expect(await assertWith(oracle, older)).toMatchObject({
      details: {
        found: [
          `mariadb-dump ${major}.${minor - 1}.9 of MariaDB (${older}/mariadb-dump)`,
          `mysqldump 99.0.36 of MySQL (${oracle}/mysqldump)`,
        ].toSorted((a) => (a.includes(oracle) ? -1 : 1)),
      },
    });
    expect(await assertWith(newer)).toBeNull();
    expect(await assertWith(next)).toBeNull();
    expect(await errorOf(takeDump(of('shop', new MysqlEngine(new ClientTools([oracle, older])))))).toMatchObject(
      failed('DUMP_FAILED', new RegExp(`^Database shop cannot be dumped: Backing this instance up takes ${needed}`)),
    );
    await using dump = await beginDump(of('shop', createMysqlEngine(newer, next, older)));
    expect(dump.tool).toEqual({ name: 'mariadb-dump', version: engineVersion });
    await dump[Symbol.asyncDispose]();
    await using beside = await beginDump(of('shop', new MysqlEngine(new ClientTools([newer, next, older]))));
    expect(beside.tool.version).toBe(`${major}.${minor + 1}.0`);
  });

  test('is not begun of a database that is not there, or of a server that is not', async () => {
    expect(await errorOf(takeDump(of('none')))).toMatchObject(
      failed('DUMP_FAILED', /^Database none cannot be dumped: it is no longer there/),
    );
    const away = of('shop', engine, 'mariadb://app:hunter2@127.0.0.1:1');
    expect(await errorOf(takeDump(away))).toMatchObject(
      failed('ENGINE_UNREACHABLE', /^Database shop cannot be dumped: nothing listens/),
    );
  });

  test('is given up when its database is dropped meanwhile', async () => {
    await server.sql(`CREATE DATABASE brief; CREATE TABLE brief.a LIKE shop.items; INSERT INTO brief.a ${MUCH}`);
    for (let index = 0; index < 30; index += 1) await server.sql(`CREATE TABLE brief.b${index} (id INT)`);
    let dropping: Promise<unknown> = Promise.resolve();
    const error = await dumpAround('brief', async () => {
      dropping = server.sql('DROP DATABASE brief');
      const waiting =
        "SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE 'DROP DATABASE%' AND STATE LIKE 'Waiting for%'";
      while (Number((await server.sql(waiting))[0].n) === 0) await setImmediate();
    });
    expect(error).toMatchObject(
      failed('DUMP_FAILED', /^Database brief cannot be dumped: mariadb-dump ended with exit code/),
    );
    await dropping;
  });

  test('is given up when a table is changed meanwhile', async () => {
    await server.sql(
      `CREATE DATABASE moving; CREATE TABLE moving.a LIKE shop.items; INSERT INTO moving.a ${MUCH}; CREATE TABLE moving.b (id INT); INSERT INTO moving.b VALUES (1)`,
    );
    for (const change of [
      'ALTER TABLE moving.b ADD c INT, ALGORITHM = COPY',
      'TRUNCATE moving.b',
      'DROP TABLE moving.b',
    ]) {
      const error = await dumpAround('moving', async () => {
        await server.sql(change);
      });
      expect(error).toMatchObject(failed('DUMP_FAILED', /while the database was being dumped\. Take the backup again/));
    }
    await server.sql('DROP DATABASE moving');
  });

  test('holds the rows of its moment where a column is added at once meanwhile', async () => {
    await server.sql(
      `CREATE DATABASE growing; CREATE TABLE growing.a LIKE shop.items; INSERT INTO growing.a ${MUCH};
       CREATE TABLE growing.b (id INT); INSERT INTO growing.b VALUES (1)`,
    );
    const rest: Buffer[] = [];
    const error = await dumpAround('growing', async (dump) => {
      dump.content.on('data', (chunk: Buffer) => rest.push(chunk));
      await server.sql('ALTER TABLE growing.b ADD c INT, ALGORITHM = INSTANT; INSERT INTO growing.b VALUES (2, 2)');
    });
    expect(error).toBeNull();
    expect(Buffer.concat(rest).toString('utf8')).toContain('INSERT INTO `b` VALUES\n(1,NULL);');
    await server.sql('DROP DATABASE growing');
  });

  test('names the view that is broken', async () => {
    await server.sql(
      'CREATE DATABASE views; CREATE TABLE views.t (id INT); CREATE VIEW views.stale AS SELECT * FROM views.t; DROP TABLE views.t',
    );
    expect(await errorOf(takeDump(of('views')))).toMatchObject(
      failed('DUMP_FAILED', /views\.stale[^]*Drop or mend that view, then take the backup again/),
    );
    await server.sql('DROP DATABASE views');
  });

  test('fails as unreachable when its connection is killed', async () => {
    const error = await dumpAround('shop', async () => {
      const own = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE '%items%' AND ID <> CONNECTION_ID()";
      for (const { ID: id } of await server.sql(own)) await server.sql(`KILL CONNECTION ${String(id)}`);
    });
    expect(error).toMatchObject(failed('ENGINE_UNREACHABLE', /The connection to the server was lost/));
  });

  test.each(['kill', 'stop'] as const)('fails as unreachable when the server ends by a %s', async (how) => {
    await using mortal = await MariadbServer.start();
    await mortal.sql(
      `CREATE DATABASE shop; CREATE TABLE shop.items (id INT PRIMARY KEY, content TEXT); INSERT INTO shop.items ${MUCH}`,
    );
    let ending: Promise<void> = Promise.resolve();
    const error = await dumpAround(
      'shop',
      async () => {
        ending = mortal[how]();
        if (how === 'kill') await ending;
      },
      mortal,
    );
    await ending;
    expect(error).toMatchObject(failed('ENGINE_UNREACHABLE', /The connection to the server was lost/));
  });

  test('leaves no process when it is disposed of or aborted in its middle', async () => {
    const scratch = await TempDir.create();
    await using _scratch = scratch;
    const aborting = new AbortController();
    const stopped = await beginDump({ ...of('shop'), scratch });
    const aborted = await beginDump({ ...of('shop'), scratch, signal: aborting.signal });
    expect(await listProcesses(scratch.path)).toHaveLength(2);
    await stopped[Symbol.asyncDispose]();
    aborting.abort();
    await errorOf(aborted.completion);
    await aborted[Symbol.asyncDispose]();
    expect(await listProcesses(scratch.path)).toEqual([]);
  });

  test('shows no password: not in its arguments, not in what it says, and in a file of its owner alone', async () => {
    await server.sql("CREATE USER app@'%' IDENTIFIED BY 'hunter2'; GRANT ALL ON *.* TO app");
    const scratch = await TempDir.create();
    await using _scratch = scratch;
    await mkdir(scratch.join('x'));
    const tells = await putProgram(dir, 'mariadb-dump', {
      script: 'cat "${1#--defaults-file=}" >&2; stat -c %a "${1#--defaults-file=}" >&2; exit 1',
    });
    const error = await errorOf(
      takeDump({ ...of('shop', createMysqlEngine(tells), server.url({ user: 'app', password: 'hunter2' })), scratch }),
    );
    expect(error).toMatchObject(failed('DUMP_FAILED', /password="\*\*\*"[^]*600/));
    await server.sql('DROP USER app');
  });
});
