import type { IncomingHttpHeaders } from 'node:http';

const LOOPBACK_HOST = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Whether a request may come from this server's own pages, or from no page at all. Without authentication the loopback
 * address is the only fence, and a browser stands inside it: a foreign page could open a WebSocket, which no
 * same-origin rule stops, or rebind its own host name to this address. The Host must name the loopback, and the Origin,
 * where there is one, must be that same host.
 */
export function isTrustedOrigin({ host, origin }: IncomingHttpHeaders): boolean {
  if (host === undefined || !LOOPBACK_HOST.test(host)) return false;
  return origin === undefined || origin === `http://${host}`;
}
