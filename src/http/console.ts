import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { CONSOLE_POLICY } from './security-headers.js';

/** Addresses of the console's pages: the same file for each, which finds out by itself what to show. */
const PAGES = ['/', '/instances', '/instances/*', '/backups'];

const ICON = '/favicon.svg';

/** What lies in it has a hash of its content in its name. */
const HASHED_FILES = 'assets';

/**
 * Serves the web console, as Vite has built it: compressed files as they lie there, those with a hash in their name for
 * good, the page itself asked for each time.
 * @param dir folder with index.html; when it is not built, its pages say so
 */
export async function routeConsole(fastify: FastifyInstance, dir: string): Promise<void> {
  await fastify.register(fastifyStatic, {
    root: join(dir, HASHED_FILES),
    prefix: `/${HASHED_FILES}/`,
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isHashed = path.startsWith(join(dir, HASHED_FILES));
      reply.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      reply.setHeader('vary', 'accept-encoding');
    },
  });
  fastify.get(ICON, (_request, reply) => reply.sendFile(ICON, dir));
  for (const page of PAGES) {
    fastify.get(page, { helmet: { contentSecurityPolicy: CONSOLE_POLICY } }, (_request, reply) =>
      existsSync(join(dir, 'index.html'))
        ? reply.sendFile('index.html', dir)
        : reply
            .code(503)
            .type('text/plain')
            .send('The console is not built: run "npm run build". The API is at /graphql.\n'),
    );
  }
}
