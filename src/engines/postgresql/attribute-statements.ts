import type { DatabaseAttributes } from './attributes.js';
import { quoteIdentifier, quoteLiteral } from './quote.js';

const LOCALE_PROVIDERS: Readonly<Record<string, string>> = { c: 'libc', i: 'icu', b: 'builtin' };
/** The provider of locales became a choice with this version. */
const FIRST_WITH_PROVIDERS = 150_000;

/** Settings whose values are lists of quoted names (GUC_LIST_QUOTE): as one string they would be one name. */
const NAME_LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
]);

/** A new database as the source was created. @param versionNumber of the target, as server_version_num */
export function toCreateDatabase(name: string, attributes: DatabaseAttributes | null, versionNumber: number): string {
  const create = `CREATE DATABASE ${quoteIdentifier(name)} TEMPLATE template0`;
  if (attributes === null) return create;
  const { encoding, collate, ctype, localeProvider, locale, icuRules } = attributes;
  const provider = LOCALE_PROVIDERS[localeProvider ?? 'c'] ?? 'libc';
  const options = [
    `ENCODING ${quoteLiteral(encoding)}`,
    `LC_COLLATE ${quoteLiteral(collate)}`,
    `LC_CTYPE ${quoteLiteral(ctype)}`,
    ...(versionNumber >= FIRST_WITH_PROVIDERS ? [`LOCALE_PROVIDER ${provider}`] : []),
    ...(locale === null ? [] : [`${provider === 'icu' ? 'ICU_LOCALE' : 'BUILTIN_LOCALE'} ${quoteLiteral(locale)}`]),
    ...(icuRules === null ? [] : [`ICU_RULES ${quoteLiteral(icuRules)}`]),
  ];
  return `${create} ${options.join(' ')}`;
}

/** Statements that give a database what is not in its dump. Run them in one transaction, as its owner or a superuser. */
export function toAttributeStatements(name: string, attributes: DatabaseAttributes): readonly string[] {
  const { owner, connectionLimit, isTemplate, comment } = attributes;
  const database = `DATABASE ${quoteIdentifier(name)}`;
  return [
    `ALTER ${database} OWNER TO ${quoteIdentifier(owner)}`,
    `ALTER ${database} CONNECTION LIMIT ${Math.trunc(connectionLimit).toString()}`,
    ...(comment === null ? [] : [`COMMENT ON ${database} IS ${quoteLiteral(comment)}`]),
    ...toSettings(database, attributes),
    ...toGrants(name, attributes),
    ...(isTemplate ? [`ALTER ${database} IS_TEMPLATE true`] : []),
  ];
}

/** Lets everybody in, as a new database does. */
export function toDefaultGrant(name: string): string {
  return `GRANT CONNECT, TEMPORARY ON DATABASE ${quoteIdentifier(name)} TO PUBLIC`;
}

function toSettings(database: string, { settings }: DatabaseAttributes): readonly string[] {
  return settings.flatMap(({ role, config }) => {
    const subject = role === null ? database : `ROLE ${quoteIdentifier(role)} IN ${database}`;
    return config.map((entry) => {
      const [, setting = '', value = ''] = /^([^=]*)=([^]*)$/.exec(entry) ?? [];
      return `ALTER ${subject} SET ${quoteIdentifier(setting)} TO ${toValue(setting, value)}`;
    });
  });
}

function toValue(setting: string, value: string): string {
  if (!NAME_LISTS.has(setting)) return quoteLiteral(value);
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, bare]) => bare ?? quoted?.replaceAll('""', '"') ?? '',
  );
  return names.length === 0 ? "''" : names.map(quoteLiteral).join(', ');
}

/** The rights that a new database has are taken away first: the source may have others. */
function toGrants(name: string, { owner, grants }: DatabaseAttributes): readonly string[] {
  if (grants === null) return [toDefaultGrant(name)];
  const database = `DATABASE ${quoteIdentifier(name)}`;
  const given = grants.flatMap(({ grantor, grantee, privilege, isGrantable }) => {
    const to = grantee === null ? 'PUBLIC' : quoteIdentifier(grantee);
    const option = isGrantable ? ' WITH GRANT OPTION' : '';
    const grant = `GRANT ${toPrivilege(privilege)} ON ${database} TO ${to}${option}`;
    return grantor === owner ? [grant] : [`SET LOCAL ROLE ${quoteIdentifier(grantor)}`, grant, 'RESET ROLE'];
  });
  return [`REVOKE ALL ON ${database} FROM PUBLIC, ${quoteIdentifier(owner)}`, ...given];
}

/** Its names are keywords. */
function toPrivilege(name: string): string {
  return name.replaceAll(/[^A-Z ]/g, '');
}
