import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { isSigned } from './s3-signature.js';

/** What the server answers with instead of doing what it was asked. */
export interface S3Answer {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
}

/** What befalls a request: an answer of its own, a connection cut while its body comes, or silence. */
export type S3Fault = S3Answer | 'cut' | 'hang' | 'lost-answer' | null;

interface StoredObject {
  readonly bytes: Buffer;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Upload {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, Buffer>;
}

/** One request, read and checked. */
export interface S3Request {
  readonly method: string;
  /** Decoded, without the bucket. */
  readonly key: string;
  readonly query: URLSearchParams;
}

const MIN_PART_BYTES = 5 * 1024 * 1024;

/** Speaks so much of Amazon's S3 as a store needs, with its rules: signatures, checksums, least sizes of parts. Path style. */
export class S3Server implements AsyncDisposable {
  static readonly accessKeyId = 'AKIATESTTESTTESTTEST';
  static readonly secretAccessKey = 'hunter2-secret-of-the-store';
  readonly bucket = 'backups';
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, Upload>();
  /** Every request that came, as METHOD and operation. */
  readonly log: string[] = [];
  /** Objects that one page of a listing holds. */
  pageSize = 1000;
  /** Whether every page of uploads is the first one. */
  ignoresMarkers = false;
  /** Decides what befalls a request. */
  onRequest: (request: S3Request) => S3Fault = () => null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    server.on('request', (request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<S3Server> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new S3Server(server);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', this.endpoint);
    const [, bucket = '', ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const request = { method: incoming.method ?? '', key, query: url.searchParams };
    this.log.push(`${request.method} ${key}${url.search}`);
    const fault = this.onRequest(request);
    if (fault === 'hang') return;
    if (fault === 'cut') {
      incoming.once('data', () => incoming.socket.destroy());
      if (request.method !== 'PUT') incoming.socket.destroy();
      return;
    }
    const body = await buffer(incoming);
    if (fault !== null && fault !== 'lost-answer') {
      refuse(response, fault);
      return;
    }
    const refusal = this.#findRefusal({ incoming, url, bucket, body });
    if (refusal !== null) refuse(response, refusal);
    else this.#answer({ request, headers: incoming.headers, body }, fault === 'lost-answer' ? null : response);
    if (fault === 'lost-answer') incoming.socket.destroy();
  }

  #findRefusal({ incoming, url, bucket, body }: Arrival): S3Answer | null {
    const secret = S3Server.secretAccessKey;
    if (!isSigned({ incoming, url, secret })) return { status: 403, code: 'SignatureDoesNotMatch', message: 'No.' };
    if (bucket !== this.bucket) return { status: 404, code: 'NoSuchBucket', message: 'The bucket does not exist' };
    const { 'x-amz-content-sha256': signed, 'x-amz-checksum-sha256': checksum } = incoming.headers;
    const sha256 = createHash('sha256').update(body).digest();
    const isOther = signed !== undefined && signed !== 'UNSIGNED-PAYLOAD' && signed !== sha256.toString('hex');
    if (isOther) return { status: 400, code: 'XAmzContentSHA256Mismatch', message: 'Another hash.' };
    if (checksum === undefined || checksum === sha256.toString('base64')) return null;
    return { status: 400, code: 'BadDigest', message: 'Another checksum.' };
  }

  #answer({ request, headers, body }: Work, response: ServerResponse | null): void {
    const answer = this.#perform({ request, headers, body });
    if (response === null) return;
    if (!('headers' in answer)) {
      refuse(response, answer);
      return;
    }
    response.writeHead(answer.status, answer.headers);
    response.end(request.method === 'HEAD' ? undefined : answer.body);
  }

  #perform({ request, headers, body }: Work): Done | S3Answer {
    const { method, key, query } = request;
    const uploadId = query.get('uploadId');
    if (key === '') return this.#ofBucket(request, body);
    if (method === 'POST' && query.has('uploads')) return this.#begin(key, metadataOf(headers));
    if (uploadId !== null) return this.#ofUpload({ request, body, uploadId });
    if (method === 'PUT') return this.#store(key, { bytes: body, metadata: metadataOf(headers) });
    if (method === 'DELETE') {
      this.objects.delete(key);
      return { status: 204, headers: {} };
    }
    return this.#read(key, headers.range);
  }

  #ofBucket({ method, query }: S3Request, body: Buffer): Done {
    if (method === 'HEAD') return { status: 200, headers: {} };
    if (query.has('delete')) {
      for (const [, key = ''] of body.toString().matchAll(/<Key>(.*?)<\/Key>/g)) this.objects.delete(unescapeXml(key));
      return xml('<DeleteResult/>');
    }
    const prefix = query.get('prefix') ?? '';
    if (query.has('uploads')) {
      return this.#listUploads(prefix, query);
    }
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, this.pageSize);
    const next =
      keys.length > page.length ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>` : '';
    const rows = page.map((key) => `<Contents><Key>${escapeXml(key)}</Key></Contents>`);
    return xml(`<ListBucketResult>${next}${rows.join('')}</ListBucketResult>`);
  }

  /** In the order of their keys, and of their ids. */
  #listUploads(prefix: string, query: URLSearchParams): Done {
    const [keyMarker, idMarker] = [query.get('key-marker') ?? '', query.get('upload-id-marker')];
    const isAfter = (id: string, key: string): boolean =>
      key > keyMarker || (key === keyMarker && idMarker !== null && id > idMarker);
    const found = [...this.uploads]
      .map(([id, { key }]) => ({ id, key }))
      .filter(({ id, key }) => key.startsWith(prefix) && (this.ignoresMarkers || isAfter(id, key)))
      .sort((a, b) => ((a.key === b.key ? a.id < b.id : a.key < b.key) ? -1 : 1));
    const page = found.slice(0, this.pageSize);
    const last = page.at(-1);
    const next =
      last === undefined || page.length === found.length
        ? '<IsTruncated>false</IsTruncated>'
        : `<IsTruncated>true</IsTruncated><NextKeyMarker>${escapeXml(last.key)}</NextKeyMarker><NextUploadIdMarker>${last.id}</NextUploadIdMarker>`;
    const rows = page.map(({ id, key }) => `<Upload><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId></Upload>`);
    return xml(`<ListMultipartUploadsResult>${next}${rows.join('')}</ListMultipartUploadsResult>`);
  }

  #begin(key: string, metadata: Readonly<Record<string, string>>): Done {
    const id = randomUUID();
    this.uploads.set(id, { key, metadata, parts: new Map() });
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  #ofUpload({ request: { method, query }, body, uploadId }: UploadWork): Done | S3Answer {
    const upload = this.uploads.get(uploadId);
    if (upload === undefined) return { status: 404, code: 'NoSuchUpload', message: 'The upload does not exist' };
    if (method === 'PUT') {
      upload.parts.set(Number(query.get('partNumber')), body);
      return { status: 200, headers: { etag: etagOf(body) } };
    }
    this.uploads.delete(uploadId);
    if (method === 'DELETE') return { status: 204, headers: {} };
    const parts = [...body.toString().matchAll(/<Part>.*?<\/Part>/gs)].map(([part]) => {
      const number = Number(/<PartNumber>(\d+)</.exec(part)?.[1]);
      const bytes = upload.parts.get(number) ?? Buffer.alloc(0);
      const isGood = part.includes(createHash('sha256').update(bytes).digest('base64'));
      return { number, bytes, isGood };
    });
    const isSorted = parts.every(({ number }, index) => number === index + 1) && parts.length === upload.parts.size;
    if (!isSorted || parts.some(({ isGood }) => !isGood)) return { status: 400, code: 'InvalidPart', message: 'No.' };
    if (parts.slice(0, -1).some(({ bytes }) => bytes.length < MIN_PART_BYTES))
      return { status: 400, code: 'EntityTooSmall' };
    this.#store(upload.key, { bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), metadata: upload.metadata });
    return xml('<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>');
  }

  #store(key: string, object: StoredObject): Done {
    this.objects.set(key, object);
    return { status: 200, headers: { etag: etagOf(object.bytes) } };
  }

  #read(key: string, range: string | undefined): Done | S3Answer {
    const object = this.objects.get(key);
    if (object === undefined) return { status: 404, code: 'NoSuchKey', message: 'The key does not exist' };
    const { bytes, metadata } = object;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(metadata)) headers[`x-amz-meta-${name}`] = value;
    const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    const part = start === undefined ? bytes : bytes.subarray(Number(start), Number(end) + 1);
    headers['content-length'] = part.length.toString();
    return { status: start === undefined ? 200 : 206, headers, body: part };
  }
}

interface Arrival {
  readonly incoming: IncomingMessage;
  readonly url: URL;
  readonly bucket: string;
  readonly body: Buffer;
}

interface Work {
  readonly request: S3Request;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

interface UploadWork {
  readonly request: S3Request;
  readonly body: Buffer;
  readonly uploadId: string;
}

interface Done {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

function xml(body: string): Done {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: Buffer.from(body) };
}

function refuse(response: ServerResponse, { status, code = 'Error', message = '' }: S3Answer): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

function metadataOf(headers: IncomingMessage['headers']): Readonly<Record<string, string>> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(own.map(([name, value]) => [name.slice('x-amz-meta-'.length), String(value)]));
}

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`;
}

function escapeXml(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function unescapeXml(text: string): string {
  return text.replace(/&amp;/g, '&').replace(/&lt;/g, '<').replace(/&gt;/g, '>');
}
