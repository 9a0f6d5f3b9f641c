import { badUserInput } from '../domain/errors.js';

/** Where a database server is, and as whom to connect: what a connection URL says, decoded. Holds the password. */
export interface ServerUrl {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Null when the URL names none. */
  readonly password: string | null;
  /** The database to connect to when the server is asked about itself; null when the URL names none. */
  readonly database: string | null;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface ServerUrlRules {
  readonly defaultPort: number;
  readonly defaultUser: string;
  /** Query parameters that are understood. Another one is refused: a misspelt TLS mode must not count for nothing. */
  readonly parameters: readonly string[];
  /** As the message about a bad URL shows it. */
  readonly example: string;
}

/** What looks like the name of a parameter, and may be repeated in a message. */
const PARAMETER_NAME = /^[a-z-]+$/i;

/** @throws DomainError BAD_USER_INPUT, which repeats nothing of the URL but names of parameters: it may hold a password */
export function parseServerUrl(url: string, rules: ServerUrlRules): ServerUrl {
  const parsed = parseWhole(url);
  if (parsed === null || parsed.hostname === '' || parsed.hash !== '') {
    throw badServerUrl('host', `The URL must name a host and encode special characters, as in ${rules.example}.`);
  }
  const unknown = [...parsed.searchParams.keys()].find((name) => !rules.parameters.includes(name));
  if (unknown !== undefined) {
    const what = PARAMETER_NAME.test(unknown) ? `The URL's parameter ${unknown}` : 'A parameter of the URL';
    throw badServerUrl('parameters', `${what} is not known. Known are: ${rules.parameters.join(', ')}.`);
  }
  const path = decode(parsed.pathname.slice(1), rules);
  return {
    host: decode(parsed.hostname, rules).replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? rules.defaultPort : Number(parsed.port),
    user: parsed.username === '' ? rules.defaultUser : decode(parsed.username, rules),
    password: parsed.password === '' ? null : decode(parsed.password, rules),
    database: path === '' ? null : path,
    parameters: new Map(parsed.searchParams),
  };
}

export function badServerUrl(rule: string, sentence: string): Error {
  return badUserInput('url', rule, sentence);
}

/** Scheme, host and port of a URL, safe to show. Of one that is not understood no more than its scheme. */
export function toServerEndpoint(url: string, defaultPort: number): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase() ?? '';
  const parsed = parseWhole(url);
  if (parsed === null) return `${scheme}//…`;
  const { hostname, port } = parsed;
  return `${scheme}//${hostname}:${port === '' ? defaultPort.toString() : port}`;
}

/**
 * Null when it is no URL, or one whose parts are not what they seem: an @ behind the host shows that a password with a
 * special character was taken apart, so that the host is a user, and what follows it is secret.
 */
function parseWhole(url: string): URL | null {
  if (!URL.canParse(url)) return null;
  const parsed = new URL(url);
  return `${parsed.pathname}${parsed.search}${parsed.hash}`.includes('@') ? null : parsed;
}

function decode(text: string, { example }: ServerUrlRules): string {
  try {
    const decoded = decodeURIComponent(text);
    if (!decoded.includes('\0')) return decoded;
  } catch {
    // Said below.
  }
  throw badServerUrl('encoding', `The URL holds a percent sign that encodes nothing; write it as %25: ${example}.`);
}
