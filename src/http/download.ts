import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ArtifactNotFoundError } from '../artifacts/artifact-store.js';
import type { ByteRange } from '../artifacts/artifact-store.js';
import type { Artifact } from '../domain/backup.js';
import { DOWNLOADS_PATH } from '../services/download-links.js';
import type { Download, DownloadLinks } from '../services/download-links.js';
import { parseRange } from './download-range.js';

/** One and the same, whatever is wrong: a link that is refused tells nothing about what is there. */
const REFUSAL = {
  errors: [
    {
      message: 'The link is not valid, or no longer. Ask for a new one: Backup.files has them.',
      extensions: { code: 'FORBIDDEN', retryable: false },
    },
  ],
};

/** Serves the files that `DownloadLinks` has links to, whole or in ranges, so that a download that broke off can go on. */
export function routeDownloads(fastify: FastifyInstance, links: DownloadLinks): void {
  fastify.route({
    method: ['GET', 'HEAD'],
    // A parameter of Fastify's would be too short for the name of a file.
    url: `${DOWNLOADS_PATH}/*`,
    exposeHeadRoute: false,
    // What is logged of a request has its URL, which is a secret here.
    logLevel: 'warn',
    handler: async (request, reply) => {
      const download = await findDownload(links, request);
      return download === null ? reply.code(403).send(REFUSAL) : answer(download, { request, reply, links });
    },
  });
}

async function findDownload(links: DownloadLinks, { raw }: FastifyRequest): Promise<Download | null> {
  const [path = '', query = ''] = (raw.url ?? '').split('?');
  const [backupId, file, ...deeper] = path
    .slice(DOWNLOADS_PATH.length + 1)
    .split('/')
    .map(decodeURIComponent);
  const parameters = new URLSearchParams(query);
  const expiresAt = new Date(Number(parameters.get('expires') ?? NaN));
  if (backupId === undefined || file === undefined || deeper.length > 0 || Number.isNaN(expiresAt.getTime()))
    return null;
  return links.find({ backupId, file, expiresAt }, parameters.get('signature') ?? '');
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly links: DownloadLinks;
}

async function answer(download: Download, { request, reply, links }: Exchange): Promise<unknown> {
  const { artifact } = download;
  const size = artifact.storedBytes;
  const { range: wanted, 'if-range': only } = request.headers;
  // Of another version of the file a range would be no continuation.
  const isSame = only === undefined || only === etagOf(artifact);
  const range = isSame && request.method === 'GET' ? parseRange(wanted, size) : null;
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size.toString()}`).send();
  const content = request.method === 'HEAD' ? null : await open(download, reply, range ?? undefined);
  if (content === 'gone') return reply.code(403).send(REFUSAL);
  const { start, end } = range ?? { start: 0, end: size - 1 };
  void reply.headers({ ...headersOf(artifact), 'content-length': end - start + 1 });
  if (range !== null) {
    void reply.code(206).header('content-range', `bytes ${start.toString()}-${end.toString()}/${size.toString()}`);
  }
  if (content !== null) {
    reply.raw.once('close', () => void links.noteSent(download, { start, end }, reply.raw.writableFinished));
  }
  return reply.send(content ?? undefined);
}

/** The reply destroys the stream when the client goes away, and the signal what the store is waiting for. */
async function open(download: Download, reply: FastifyReply, range?: ByteRange): Promise<Readable | 'gone'> {
  const leaving = new AbortController();
  reply.raw.once('close', () => {
    leaving.abort();
  });
  try {
    return await download.open(leaving.signal, range);
  } catch (error) {
    if (error instanceof ArtifactNotFoundError) return 'gone';
    throw error;
  }
}

function headersOf(artifact: Artifact): Readonly<Record<string, string>> {
  const name = artifact.path;
  return {
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-transform',
    'content-disposition': `attachment; filename="${name}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    'content-type': 'application/octet-stream',
    etag: etagOf(artifact),
  };
}

function etagOf({ sha256 }: Artifact): string {
  return `"${sha256}"`;
}
