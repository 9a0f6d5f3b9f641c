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

/** @throws DomainError BAD_USER_INPUT, which repeats nothing of the URL but names of parameters: it may hold a password */
export function parseServerUrl(url: string, rules: ServerUrlRules): ServerUrl {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || parsed.hostname === '' || parsed.hash !== '') {
    throw badServerUrl('host', `The URL must name a host and encode special characters, as in ${rules.example}.`);
  }
  const unknown = [...parsed.searchParams.keys()].filter((name) => !rules.parameters.includes(name));
  if (unknown.length > 0) {
    const known = rules.parameters.join(', ');
    throw badServerUrl('parameters', `The URL's parameter ${unknown[0] ?? ''} is not known. Known are: ${known}.`);
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

/** Scheme, host and port of a URL, safe to show. Of one that cannot be parsed no more than its scheme. */
export function toServerEndpoint(url: string, defaultPort: number): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase() ?? '';
  if (!URL.canParse(url)) return `${scheme}//…`;
  const { hostname, port } = new URL(url);
  return `${scheme}//${hostname}:${port === '' ? defaultPort.toString() : port}`;
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
