import type { PostgresqlConnection } from './connection.js';
import { EngineUnreachableError } from '../database-engine.js';

/** What belongs to a database as a whole, and what pg_dump leaves to `CREATE DATABASE`. Kept in manifests as JSON. */
export interface DatabaseAttributes {
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** "c" = libc, "i" = ICU, "b" = built in; null before version 15, which knew libc alone. */
  readonly localeProvider: string | null;
  /** Of ICU, or of what is built in. */
  readonly locale: string | null;
  readonly icuRules: string | null;
  readonly owner: string;
  /** -1 = none. */
  readonly connectionLimit: number;
  readonly isTemplate: boolean;
  readonly comment: string | null;
  readonly settings: readonly DatabaseSettings[];
  /** Null = the server's default. */
  readonly grants: readonly DatabaseGrant[] | null;
}

/** What is set for sessions in the database. */
interface DatabaseSettings {
  /** Null = of every role. */
  readonly role: string | null;
  /** As in "work_mem=8MB". */
  readonly config: readonly string[];
}

interface DatabaseGrant {
  readonly grantor: string;
  /** Null = everybody. */
  readonly grantee: string | null;
  readonly privilege: string;
  readonly isGrantable: boolean;
}

/** By way of JSON: the names of columns change from version to version, and many came late. */
const ATTRIBUTES = `
  SELECT pg_encoding_to_char(d.encoding) AS encoding, datcollate AS collate, datctype AS ctype,
    facts ->> 'datlocprovider' AS "localeProvider",
    coalesce(facts ->> 'datlocale', facts ->> 'daticulocale') AS locale, facts ->> 'daticurules' AS "icuRules",
    pg_get_userbyid(datdba) AS owner, datconnlimit AS "connectionLimit", datistemplate AS "isTemplate",
    shobj_description(oid, 'pg_database') AS comment, datacl IS NULL AS "isDefaultAcl"
  FROM pg_catalog.pg_database d, row_to_json(d) AS facts
  WHERE datname = current_database()`;

const SETTINGS = `
  SELECT rolname AS role, setconfig AS config
  FROM pg_catalog.pg_db_role_setting s
  JOIN pg_catalog.pg_database d ON d.oid = setdatabase
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = setrole
  WHERE datname = current_database() AND (setrole = 0 OR rolname IS NOT NULL)
  ORDER BY 1 NULLS FIRST`;

/** In the server's order: who passes a right on has got it before. */
const GRANTS = `
  SELECT pg_get_userbyid(grantor) AS grantor, CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END AS grantee,
    privilege, is_grantable AS "isGrantable"
  FROM pg_catalog.pg_database,
    aclexplode(datacl) WITH ORDINALITY AS a (grantor, grantee, privilege, is_grantable, position)
  WHERE datname = current_database() ORDER BY position`;

type AttributesRow = Omit<DatabaseAttributes, 'settings' | 'grants'> & { readonly isDefaultAcl: boolean };

/** Of the database that the connection is to. @throws EngineUnreachableError */
export async function readAttributes(connection: PostgresqlConnection): Promise<DatabaseAttributes> {
  const [row] = await connection.rows<AttributesRow>(ATTRIBUTES);
  if (row === undefined)
    throw new EngineUnreachableError('the database is no longer there. It was dropped or renamed.');
  const settings = await connection.rows<DatabaseSettings>(SETTINGS);
  const grants = await connection.rows<DatabaseGrant>(GRANTS);
  const { isDefaultAcl, ...attributes } = row;
  return { ...attributes, settings, grants: isDefaultAcl ? null : grants };
}
