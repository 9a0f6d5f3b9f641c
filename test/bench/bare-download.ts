import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { serveOrders } from './worker.js';

/** What an HTTP server costs that does nothing but send one file. Answered with its port. */
export type BareDownloadOrder = 'listen';

const [path = ''] = process.argv.slice(2);
const { size } = await stat(path);

const server = createServer((_request, response) => {
  response.setHeader('content-length', size);
  pipeline(createReadStream(path), response, () => undefined);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');

serveOrders(() => Promise.resolve((server.address() as AddressInfo).port));
