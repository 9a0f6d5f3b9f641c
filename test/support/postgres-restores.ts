import type { AbandonTarget } from '../../src/engines/database-restorer.js';
import { createPostgresqlEngine } from './postgres-engine.js';
import type { PostgresServer } from './postgres-server.js';
import { aim, takeRecordedDump, toLoad } from './restores.js';
import type { TakenDump } from './restores.js';
import { TempDir } from './temp-dir.js';

export async function takeFrom(url: string, name: string): Promise<TakenDump> {
  await using scratch = await TempDir.create();
  return await takeRecordedDump({ engine: createPostgresqlEngine(), url, name, scratch });
}

type Aim = Partial<AbandonTarget> & Pick<AbandonTarget, 'database'>;

/** Restores a dump through the engine, to its end; what fails is abandoned, as the runner does. */
export async function restoreTo(url: string, dump: TakenDump, target: Aim): Promise<void> {
  await using scratch = await TempDir.create();
  const engine = createPostgresqlEngine();
  const aimed = await aim({ url, scratch }, target);
  try {
    await engine.stageRestore(aimed, toLoad(dump));
    await engine.commitRestore(aimed);
  } catch (error) {
    await engine.abandonRestore({ ...aimed, signal: new AbortController().signal });
    throw error;
  }
}

/** What belongs to a database as a whole, found without the engine. The default of rights is written out. */
export async function attributesOf(server: PostgresServer, database: string): Promise<unknown> {
  const [attributes] = await server.sql(
    `SELECT encoding, datlocprovider, datcollate, datctype, daticulocale, datistemplate, datallowconn, datconnlimit,
       pg_get_userbyid(datdba) AS owner, shobj_description(oid, 'pg_database') AS comment,
       ARRAY(SELECT a::text FROM unnest(coalesce(datacl, acldefault('d', datdba))) a ORDER BY 1) AS rights,
       (SELECT json_agg(json_build_array(setrole::regrole::text, setconfig) ORDER BY setrole::regrole::text)
        FROM pg_db_role_setting WHERE setdatabase = d.oid) AS settings
     FROM pg_database d WHERE datname = current_database()`,
    database,
  );
  return attributes;
}

/** The names of all databases but the server's own. */
export async function databasesOf(server: PostgresServer): Promise<readonly string[]> {
  const rows = await server.sql('SELECT datname FROM pg_database WHERE oid >= 16384 ORDER BY 1');
  return rows.map(({ datname }) => datname);
}
