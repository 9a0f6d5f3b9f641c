import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { CONSOLE_POLICY } from './security-headers.js';

/** Addresses of the console's pages: the same file for each, which finds out by itself what to show. */
const PAGES = ['/', '/instances', '/instances/*', '/backups', '/backups/*'];

/** Their names hold a hash of what is in them. */
const HASHED_FOLDER = 'assets';

/**
 * Serves the web console, as Vite has built it: compressed files as they lie there, those with a hash in their name for
 * good, the page itself asked for each time.
 * @param dir folder with index.html; when it is not built, its pages say so
 */
export async function routeConsole(fastify: FastifyInstance, dir: string): Promise<void> {
  if (!existsSync(join(dir, 'index.html'))) {
    for (const page of PAGES) {
      fastify.get(page, (_request, reply) =>
        reply
          .code(503)
          .type('text/plain')
          .send('The console is not built: run "npm run build". The API is at /graphql.\n'),
      );
    }
    return;
  }
  await fastify.register(fastifyStatic, {
    root: dir,
    // A route for each file, so that what is not there is answered as everywhere else.
    wildcard: false,
    index: false,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const isHashed = path.includes(`${sep}${HASHED_FOLDER}${sep}`);
      void reply.setHeader('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  for (const page of PAGES) {
    fastify.get(page, { helmet: { contentSecurityPolicy: CONSOLE_POLICY } }, (_request, reply) =>
      reply.sendFile('index.html'),
    );
  }
}
