import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

interface SignedRequest {
  readonly incoming: IncomingMessage;
  readonly url: URL;
  readonly secret: string;
}

interface Signature {
  /** As in 20260102T030405Z. */
  readonly time: string;
  /** Day, region, service, `aws4_request`. */
  readonly scope: string;
  readonly signedHeaders: string;
  readonly signature: string;
  readonly payload: string;
}

/** Whether a request bears AWS's Signature Version 4, in its headers or in its URL, and the URL has not expired. */
export function isSigned({ incoming, url, secret }: SignedRequest): boolean {
  const signature = url.searchParams.has('X-Amz-Signature') ? fromUrl(url) : fromHeaders(incoming);
  if (signature === null) return false;
  const { time, scope, signedHeaders, payload } = signature;
  const headers = signedHeaders.split(';').map((name) => `${name}:${String(incoming.headers[name] ?? '').trim()}\n`);
  const canonical = [
    incoming.method,
    url.pathname.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`),
    canonicalQuery(url),
    headers.join(''),
    signedHeaders,
    payload,
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
  const key = scope.split('/').reduce<string | Buffer>((previous, step) => hmac(previous, step), `AWS4${secret}`);
  return hmac(key, text).toString('hex') === signature.signature;
}

function fromUrl(url: URL): Signature | null {
  const get = (name: string): string => url.searchParams.get(`X-Amz-${name}`) ?? '';
  const time = get('Date');
  const begin = Date.parse(time.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z'));
  if (Date.now() > begin + Number(get('Expires')) * 1000) return null;
  const [, ...scope] = get('Credential').split('/');
  const rest = { signedHeaders: get('SignedHeaders'), signature: get('Signature'), payload: 'UNSIGNED-PAYLOAD' };
  return { time, scope: scope.join('/'), ...rest };
}

function fromHeaders({ headers }: IncomingMessage): Signature | null {
  const pattern = /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)/;
  const [, scope, signedHeaders, signature] = pattern.exec(headers.authorization ?? '') ?? [];
  if (scope === undefined || signedHeaders === undefined || signature === undefined) return null;
  const { 'x-amz-date': time, 'x-amz-content-sha256': payload } = headers;
  return { time: String(time), scope, signedHeaders, signature, payload: String(payload) };
}

function canonicalQuery(url: URL): string {
  const pairs = [...url.searchParams].filter(([name]) => name !== 'X-Amz-Signature');
  const encoded = pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return encoded.sort().join('&');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
