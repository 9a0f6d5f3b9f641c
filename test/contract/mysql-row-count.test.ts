import { Readable } from 'node:stream';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RowCount } from '../../src/engines/mysql/row-count.js';
import { createFullDatabase } from '../support/mariadb-sample.js';
import { countRows } from '../support/mariadb-restores.js';
import { hasMariadbPrograms, MariadbServer, quoted } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { takeRecordedDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const END = '-- Dump completed on 2026-01-01  0:00:00\n';

function countsIn(dump: string, chunkBytes: number): unknown {
  const count = new RowCount();
  const bytes = Buffer.from(dump, 'utf8');
  for (let at = 0; at < bytes.length; at += chunkBytes) count.add(bytes.subarray(at, at + chunkBytes));
  return Object.fromEntries(count.contents([]).tables.map(({ name, rows }) => [name, rows]));
}

const TEXT = fc.string({ unit: fc.constantFrom("'", '\\', '(', ')', ';', ',', '\n', 'a', '`', 'é', '), (', ');\n') });

/** As the tools write it. */
function escaped(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', "'": "\\'", '\\': '\\\\' };
  return text.replaceAll(/[\n'\\]/g, (character) => escapes[character] ?? '');
}

describe('the rows in a dump', () => {
  test.each([
    ['on a line each', '\n', ',\n'],
    ['all on one line', ' ', ','],
  ])('are counted whatever their texts hold, %s', (_how, before, between) => {
    const tables = fc.uniqueArray(fc.record({ name: TEXT.filter((name) => name !== ''), rows: fc.array(TEXT) }), {
      selector: ({ name }) => name,
    });
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 50 }), (databases, chunkBytes) => {
        const statements = databases.flatMap(({ name, rows }) => {
          const insert = `INSERT INTO ${quoted(name)} VALUES${before}${rows.map((text) => `(1,'${escaped(text)}',NULL)`).join(between)};\n`;
          return [`CREATE TABLE ${quoted(name)} (\n  n INT);\n`, ...(rows.length === 0 ? [] : [insert])];
        });
        const expected = databases.map(({ name, rows }) => [name, rows.length]);
        expect(countsIn(`${statements.join('')}${END}`, chunkBytes)).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  test('are not known of a dump without an end', () => {
    expect(countsIn('CREATE TABLE `t` (n INT);\nINSERT INTO `t` VALUES\n(1),\n(2);\n', 10)).toEqual({ t: null });
    expect(countsIn(`CREATE TABLE \`t\` (n INT);\nINSERT INTO \`t\` VALUES\n(1),\n(2)\n${END}`, 10)).toEqual({
      t: null,
    });
  });
});

describe.skipIf(!hasMariadbPrograms)('the rows that are recorded of a dump', () => {
  const engine = createMysqlEngine();
  let server: MariadbServer;
  let scratch: TempDir;
  beforeAll(async () => {
    server = await MariadbServer.start();
    scratch = await TempDir.create();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  test('are those of the tables, also of their history, and of no view and no sequence', async () => {
    await createFullDatabase(server, 'full');
    const { contents, bytes } = await takeRecordedDump({ engine, url: server.url(), name: 'full', scratch });
    expect(contents).toEqual({ tables: await countRows(server, 'full'), attributes: null });
    await engine.checkFormat('sql', Readable.from([bytes]), new AbortController().signal);
  });

  test('lack tables whose rows are kept elsewhere', async () => {
    await server.sql(
      'CREATE DATABASE merged; CREATE TABLE merged.a (n INT) ENGINE = MyISAM; INSERT INTO merged.a VALUES (5); CREATE TABLE merged.b (n INT) ENGINE = MERGE UNION = (merged.a)',
    );
    const { contents } = await takeRecordedDump({ engine, url: server.url(), name: 'merged', scratch });
    expect(contents?.tables).toEqual([{ name: 'a', rows: 1 }]);
  });

  test('are what the server counts, in whatever database', async () => {
    const table = fc.record({
      name: TEXT.filter((name) => /[^\s]$/.test(name)),
      rows: fc.array(fc.tuple(TEXT, fc.option(fc.uint8Array())), { maxLength: 30 }),
    });
    const tables = fc.uniqueArray(table, { selector: ({ name }) => name.toLowerCase(), maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(tables, async (made) => {
        await server.sql('CREATE OR REPLACE DATABASE random CHARACTER SET utf8mb4');
        for (const { name, rows } of made) {
          const columns = '(id INT AUTO_INCREMENT PRIMARY KEY, word LONGTEXT, bytes BLOB, g INT AS (id + 1))';
          await server.sql(`CREATE TABLE ${quoted(name)} ${columns}`, 'random');
          for (const [word, bytes] of rows) {
            const blob = bytes === null ? 'NULL' : `x'${Buffer.from(bytes).toString('hex')}'`;
            const text = `x'${Buffer.from(word).toString('hex')}'`;
            await server.sql(`INSERT INTO ${quoted(name)} (word, bytes) VALUES (${text}, ${blob})`, 'random');
          }
        }
        const { contents } = await takeRecordedDump({ engine, url: server.url(), name: 'random', scratch });
        expect(contents?.tables).toEqual(await countRows(server, 'random'));
      }),
      { numRuns: 15 },
    );
  }, 60_000);
});
