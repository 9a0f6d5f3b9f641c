import type { MariadbServer } from './mariadb-server.js';
import { quoted } from './mariadb-server.js';

const TABLES = `
  CREATE TABLE numbers (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, big BIGINT UNSIGNED, tiny TINYINT, exact DECIMAL(65,30),
    single FLOAT, twice DOUBLE, flags BIT(10), padded INT(5) UNSIGNED ZEROFILL, CHECK (tiny < 100)
  ) AUTO_INCREMENT = 4711 COMMENT = 'it''s a "comment"\nwith lines -- and /* more */';
  INSERT INTO numbers (id, big, tiny, exact, single, twice, flags, padded) VALUES
    (0, 18446744073709551615, -128, 12345678901234567890123456789012345.123456789012345678901234567890, 1.5, 1.7976931348623157e308, b'1010101010', 42),
    (18446744073709551000, 0, 99, -0.000000000000000000000000000001, -0.1, 4.9e-324, b'0', NULL),
    (2, NULL, NULL, NULL, 3.25e10, 0.1, NULL, 1);
  CREATE TABLE bytes (id INT PRIMARY KEY, fixed BINARY(4), blobs LONGBLOB, texts LONGTEXT, doc JSON, place GEOMETRY, mood ENUM('a','it''s','ü'), tags SET('x','y')) CHARACTER SET utf8mb4;
  INSERT INTO bytes VALUES
    (1, x'00ff0a27', x'000102090a0d1a22275c60ff', 'nul \0 tab \t line \n cr \r sub back \\ quote '' " \` % _', '{"a": ["\\u00fc", 1.5, null]}', ST_GeomFromText('POLYGON((0 0, 10 0, 10 10, 0 0))'), 'it''s', 'x,y'),
    (2, '', '', '', '[]', ST_GeomFromText('POINT(1.1 -2.2)'), 'ü', ''),
    (3, NULL, REPEAT(x'deadbeef', 300000), REPEAT('😀 Ünï \n-- Dump completed\n', 20000), 'null', NULL, NULL, NULL);
  SET SESSION sql_mode = '';
  CREATE TABLE moments (id INT PRIMARY KEY, d DATE NOT NULL DEFAULT '0000-00-00', t TIME(6), dt DATETIME(6), ts TIMESTAMP(6) NULL, y YEAR);
  INSERT INTO moments VALUES (1, '0000-00-00', '-838:59:59', '0000-00-00 00:00:00', '2038-01-19 03:14:07', 1901), (2, '2024-02-29', '01:02:03.000004', '9999-12-31 23:59:59.999999', NULL, 0);
  SET SESSION sql_mode = DEFAULT;
  CREATE TABLE old_words (id INT PRIMARY KEY, word VARCHAR(50), KEY (word)) CHARACTER SET latin1 COLLATE latin1_german2_ci;
  INSERT INTO old_words VALUES (1, 'Grüße'), (2, 'naïve €');
  CREATE TABLE words (id INT PRIMARY KEY, word VARCHAR(50) COLLATE utf8mb4_bin, wide VARCHAR(20) CHARACTER SET utf16, FULLTEXT (word)) CHARACTER SET utf8mb4;
  INSERT INTO words VALUES (1, '日本語 😀', 'ü😀');
  CREATE TABLE \`odd \`\`table\`\` 'with' "all.that" – Ünï-$\` (\`a b\` INT PRIMARY KEY, \`c\`\`d\` INT INVISIBLE DEFAULT 7, \`select\` VARCHAR(10));
  INSERT INTO \`odd \`\`table\`\` 'with' "all.that" – Ünï-$\` (\`a b\`, \`c\`\`d\`, \`select\`) VALUES (1, 8, 'x'), (2, 9, 'y');
  CREATE TABLE \`--all-databases\` (id INT PRIMARY KEY);
  INSERT INTO \`--all-databases\` VALUES (1);
  CREATE TABLE \`Upper\` (id INT PRIMARY KEY);
  CREATE TABLE \`upper\` (id INT PRIMARY KEY, other INT, CONSTRAINT \`to Upper\` FOREIGN KEY (other) REFERENCES \`Upper\` (id) ON DELETE CASCADE);
  INSERT INTO \`Upper\` VALUES (1); INSERT INTO \`upper\` VALUES (1, 1), (2, NULL);
  CREATE TABLE generated (id INT PRIMARY KEY, a INT, b INT AS (a + 1) VIRTUAL, c VARCHAR(30) AS (CONCAT('c', a)) PERSISTENT, d UUID DEFAULT UUID(), e INET6, KEY (c));
  INSERT INTO generated (id, a, e) VALUES (1, 10, '::1'), (2, 20, NULL);
  CREATE TABLE parts (id INT NOT NULL, at DATE NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (YEAR(at)) (PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE);
  INSERT INTO parts VALUES (1, '2019-01-01'), (2, '2024-01-01');
  CREATE TABLE flat (id INT PRIMARY KEY, note TEXT) ENGINE = MyISAM;
  INSERT INTO flat VALUES (1, 'no transactions');
  CREATE TABLE versioned (id INT PRIMARY KEY, price INT) WITH SYSTEM VERSIONING;
  INSERT INTO versioned VALUES (1, 10); UPDATE versioned SET price = 11; DELETE FROM versioned; INSERT INTO versioned VALUES (2, 20);
  CREATE SEQUENCE counter START WITH 100 INCREMENT BY 7 CACHE 0; SELECT NEXTVAL(counter); SELECT NEXTVAL(counter);
  CREATE TABLE \`empty\` (id INT)`;

const CODE = [
  `CREATE VIEW first_view AS SELECT n.id, o.\`select\` AS it FROM numbers n JOIN \`odd \`\`table\`\` 'with' "all.that" – Ünï-$\` o ON o.\`a b\` = n.id`,
  `CREATE DEFINER = 'gone'@'nowhere' SQL SECURITY INVOKER VIEW \`a view of a view\` AS SELECT id, triple(id) AS three FROM first_view`,
  `CREATE VIEW checked AS SELECT id, tiny FROM numbers WHERE tiny > 0 WITH CASCADED CHECK OPTION`,
  `CREATE FUNCTION triple(n BIGINT) RETURNS BIGINT DETERMINISTIC COMMENT 'it''s' RETURN n * 3`,
  `CREATE PROCEDURE \`do it\`(IN word VARCHAR(20) CHARACTER SET utf8mb4, OUT n INT)
   BEGIN
     DECLARE CONTINUE HANDLER FOR SQLEXCEPTION SET n = -1;
     -- a comment; with a semicolon
     SELECT COUNT(*) INTO n FROM words WHERE words.word = CONCAT(word, 'ü;;$$//');
   END`,
  `CREATE TRIGGER \`on words\` BEFORE INSERT ON words FOR EACH ROW SET NEW.word = CONCAT(NEW.word, '')`,
  `CREATE TRIGGER \`on words 2\` BEFORE INSERT ON words FOR EACH ROW FOLLOWS \`on words\` SET NEW.id = NEW.id`,
  `CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DISABLE COMMENT 'ü' DO BEGIN DELETE FROM \`empty\`; END`,
  `CREATE EVENT once ON SCHEDULE AT '2037-01-01 00:00:00' ON COMPLETION PRESERVE DO SET @x = 1`,
];

/** Makes a database with all that a dump of one must keep. */
export async function createFullDatabase(server: MariadbServer, name: string): Promise<void> {
  await server.sql(`CREATE DATABASE ${quoted(name)} CHARACTER SET latin1 COLLATE latin1_german1_ci`);
  await server.sql(TABLES, name);
  // Order matters to the second view: a function that a view calls must be there.
  for (const statement of [CODE[0], ...CODE.slice(2), CODE[1]]) await server.sql(statement ?? '', name);
  await server.sql(
    `SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT'; CREATE FUNCTION joined() RETURNS TEXT RETURN 'a' || 'b'`,
    name,
  );
  // What was made before keeps the defaults that the database had then.
  await server.sql(`ALTER DATABASE ${quoted(name)} CHARACTER SET utf8mb4 COLLATE utf8mb4_icelandic_ci`);
  await server.sql(`CREATE PROCEDURE late(IN word TEXT) SELECT word`, name);
}

/** Everything in a database that can be asked for, row by row and by its definition, without the database's name. */
export async function stateOf(server: MariadbServer, name: string): Promise<unknown> {
  const connection = await server.connect(name);
  const ask = async (sql: string): Promise<any[]> => (await connection.query(sql))[0] as any[];
  const strip = (rows: readonly any[]): unknown =>
    JSON.parse(JSON.stringify(rows).replaceAll(JSON.stringify(`${quoted(name)}.`).slice(1, -1), ''));
  try {
    const state: Record<string, unknown> = {};
    state.schema = await ask(
      'SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = DATABASE()',
    );
    for (const { TABLE_NAME: table, TABLE_TYPE: type } of await ask(
      'SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY BINARY TABLE_NAME',
    )) {
      const from = quoted(table as string);
      const all = type === 'SYSTEM VERSIONED' ? `${from} FOR SYSTEM_TIME ALL` : from;
      const [{ n }] = await ask(`SELECT COUNT(*) AS n FROM ${all}`);
      const rows =
        type === 'VIEW'
          ? null
          : await ask(
              `SELECT *${type === 'SYSTEM VERSIONED' ? ', ROW_START, ROW_END' : ''} FROM ${all} ORDER BY 1, 2`,
            ).catch(() => null);
      const [{ Checksum: checksum }] = await ask(`CHECKSUM TABLE ${from}`);
      state[`table ${String(table)}`] = {
        n,
        type,
        checksum,
        rows: JSON.stringify(rows),
        definition: strip(await ask(`SHOW CREATE TABLE ${from}`)),
      };
    }
    for (const { ROUTINE_NAME: routine, ROUTINE_TYPE: type } of await ask(
      'SELECT ROUTINE_NAME, ROUTINE_TYPE FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY 1',
    )) {
      state[`${String(type)} ${String(routine)}`] = strip(
        await ask(`SHOW CREATE ${String(type)} ${quoted(routine as string)}`),
      );
    }
    for (const { TRIGGER_NAME: trigger } of await ask(
      'SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1',
    )) {
      const rows = await ask(`SHOW CREATE TRIGGER ${quoted(trigger as string)}`);
      state[`trigger ${String(trigger)}`] = strip(rows.map((row) => ({ ...row, Created: null })));
    }
    state.order = await ask(
      'SELECT TRIGGER_NAME, ACTION_ORDER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() ORDER BY 1',
    );
    for (const { EVENT_NAME: event } of await ask(
      'SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE() ORDER BY 1',
    )) {
      state[`event ${String(event)}`] = strip(await ask(`SHOW CREATE EVENT ${quoted(event as string)}`));
    }
    return state;
  } finally {
    await connection.end();
  }
}
