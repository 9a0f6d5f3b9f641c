/** One of everything that a database can hold and a dump must bring back. */
export const RICH_SCHEMA = `
  CREATE SCHEMA "odd. ""Schema""";
  CREATE TYPE mood AS ENUM ('sad', 'so so', 'glücklich');
  CREATE DOMAIN positive AS int CHECK (VALUE > 0);
  CREATE TYPE pair AS (x int, y text);
  CREATE SEQUENCE lone_seq START 17 INCREMENT 5;
  SELECT nextval('lone_seq'), nextval('lone_seq');
  CREATE SEQUENCE fresh_seq START 3;

  CREATE TABLE people (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    shout text GENERATED ALWAYS AS (upper(name)) STORED,
    mood mood DEFAULT 'so so',
    age positive,
    place pair,
    tags text[],
    facts jsonb,
    born timestamptz,
    worth numeric,
    ratio double precision,
    photo bytea,
    at inet
  );
  INSERT INTO people (name, mood, age, place, tags, facts, born, worth, ratio, photo, at)
    SELECT 'n' || i, 'glücklich', i, ROW(i, E'a\\tb\\\\n')::pair, ARRAY['x', NULL, '{,}'], '{"a": [1, null, "\\u00e4"]}',
           '2024-02-29 12:00:00.123456+02'::timestamptz + i * interval '1 day', i / 7.0, 1.0 / i,
           decode(md5(i::text), 'hex'), '::1'
    FROM generate_series(1, 500) i;
  INSERT INTO people (name) VALUES (''), (E'line\\nbreak \\\\. end'), ('NULL'), ('\\N'), ('日本 🐘');
  UPDATE people SET ratio = 'NaN', worth = 'Infinity', born = 'infinity' WHERE name = 'NULL';

  CREATE TABLE "odd. ""Schema"""."Table-1.ö" ("Col ""1""" int, "select" text, "a.b" int DEFAULT 7);
  INSERT INTO "odd. ""Schema"""."Table-1.ö" SELECT i, 'row ' || i FROM generate_series(1, 20) i;
  CREATE INDEX "Index-1" ON "odd. ""Schema"""."Table-1.ö" (lower("select")) WHERE "a.b" = 7;
  CREATE TABLE no_columns ();
  INSERT INTO no_columns DEFAULT VALUES;
  CREATE TABLE empty_table (id bigserial PRIMARY KEY);
  CREATE UNLOGGED TABLE hasty AS SELECT 1 AS one;

  CREATE TABLE orders (id int, person int REFERENCES people, day date NOT NULL, PRIMARY KEY (id, day))
    PARTITION BY RANGE (day);
  CREATE TABLE orders_2023 PARTITION OF orders FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
  CREATE TABLE orders_rest PARTITION OF orders DEFAULT;
  INSERT INTO orders SELECT i, i, '2023-06-01'::date + i FROM generate_series(1, 400) i;
  CREATE TABLE parent (a int);
  CREATE TABLE child (b int) INHERITS (parent);
  INSERT INTO child VALUES (1, 2);

  CREATE VIEW adults AS SELECT id, name FROM people WHERE age >= 18;
  CREATE VIEW grown AS SELECT * FROM adults WITH LOCAL CHECK OPTION;
  CREATE MATERIALIZED VIEW counts AS SELECT mood, count(*) AS n FROM people GROUP BY mood;
  CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS one WITH NO DATA;

  CREATE FUNCTION add_up(a int, b int DEFAULT 2) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT a + b $$;
  CREATE PROCEDURE do_nothing() LANGUAGE plpgsql AS $body$ BEGIN PERFORM 1; END $body$;
  CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
  CREATE TABLE audit (what text);
  CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (TG_OP); RETURN NEW; END $$;
  CREATE TRIGGER noting AFTER INSERT ON empty_table FOR EACH ROW EXECUTE FUNCTION note();
  INSERT INTO empty_table DEFAULT VALUES;
  DELETE FROM empty_table;
  CREATE RULE ignore AS ON DELETE TO parent DO INSTEAD NOTHING;
  ALTER TABLE people ENABLE ROW LEVEL SECURITY;
  CREATE POLICY own ON people FOR SELECT USING (name = current_user);
  GRANT SELECT (id, name) ON people TO PUBLIC;
  CREATE STATISTICS people_stats ON mood, age FROM people;
  CREATE PUBLICATION everything FOR ALL TABLES;

  COMMENT ON TABLE people IS 'It''s a "comment" with \\ and ö';
  COMMENT ON COLUMN people.name IS 'their name';
  COMMENT ON FUNCTION add_up(int, int) IS 'adds';

  SELECT lo_from_bytea(424242, decode(repeat('00ff10', 3000), 'hex'));
  COMMENT ON LARGE OBJECT 424242 IS 'large';
`;

/** Everything countable in a database, found without its dump program. */
export const CONTENTS = `
  SELECT kind, name, coalesce(detail, '') AS detail FROM (
    SELECT 'table', c.oid::regclass::text, (xpath('/row/n/text()', query_to_xml(format(
      'SELECT count(*) || md5(string_agg(t::text, %L ORDER BY t::text)) AS n FROM ONLY %s t', ',', c.oid::regclass),
      false, true, '')))[1]::text
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated) AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' AND relname <> 'no_columns'
    UNION ALL SELECT 'relation', oid::regclass::text, concat(relkind, relpersistence, relispopulated, relrowsecurity,
      CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END)
      FROM pg_class WHERE relnamespace::regnamespace::text NOT IN ('pg_catalog', 'pg_toast', 'information_schema')
    UNION ALL SELECT 'column', attrelid::regclass || '.' || attnum,
      concat(attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated)
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
      WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped AND relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
    UNION ALL SELECT 'sequence', schemaname || '.' || sequencename, concat(start_value, '/', increment_by, '/', last_value) FROM pg_sequences
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname NOT IN ('pg_catalog', 'pg_toast')
    UNION ALL SELECT 'function', oid::regprocedure::text, CASE WHEN prokind <> 'a' THEN pg_get_functiondef(oid) END
      FROM pg_proc WHERE pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
    UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'policy', policyname, qual FROM pg_policies
    UNION ALL SELECT 'enum', enumlabel, enumsortorder::text FROM pg_enum
    UNION ALL SELECT 'extension', extname, extversion FROM pg_extension
    UNION ALL SELECT 'publication', pubname, puballtables::text FROM pg_publication
    UNION ALL SELECT 'comment', description, NULL FROM pg_description JOIN pg_class ON pg_class.oid = objoid
      WHERE relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
    UNION ALL SELECT 'acl', attrelid::regclass || '.' || attname, attacl::text FROM pg_attribute WHERE attacl IS NOT NULL AND attrelid >= 16384
    UNION ALL SELECT 'large object', oid::text, md5(lo_get(oid)) || obj_description(oid, 'pg_largeobject') FROM pg_largeobject_metadata
  ) AS contents (kind, name, detail) ORDER BY 1, 2, 3`;

/** Names of databases that a careless caller takes for something else. */
export const ODD_NAMES = [
  'a b',
  'a"b',
  "a'b",
  'a\\b',
  'a\\',
  'dbname=x',
  'Üñï 🐘',
  'postgresql://x',
  '-d',
  'a/b?c#d%41',
  '$(id)',
  '*',
  'globals',
];
