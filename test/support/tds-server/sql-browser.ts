import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { Socket } from 'node:dgram';

const BROWSER_PORT = 1434;
/** Asks for all instances (MC-SQLR 2.2.1 and 2.2.2). */
const REQUESTS = [0x02, 0x03];
const RESPONSE = 0x05;
const RETRY_MS = 20;

/** Tells at which ports of 127.0.0.1 the named instances are, as the SQL Server Browser does. */
export async function startSqlBrowser(instances: Readonly<Record<string, number>>): Promise<AsyncDisposable> {
  const socket = await bindSocket();
  const answer = toResponse(instances);
  socket.on('message', (request, { port, address }) => {
    if (REQUESTS.includes(request[0] ?? -1)) socket.send(answer, port, address);
  });
  return {
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
}

/** There is one such port on a machine, and tests of other processes use it, too: nothing tells when it is free. */
async function bindSocket(): Promise<Socket> {
  for (;;) {
    const socket = createSocket('udp4');
    socket.bind(BROWSER_PORT, '127.0.0.1');
    const fault = await once(socket, 'listening').then(
      () => null,
      (error: unknown) => error as NodeJS.ErrnoException,
    );
    if (fault === null) return socket;
    socket.close();
    if (fault.code !== 'EADDRINUSE') throw fault;
    await setTimeout(RETRY_MS);
  }
}

function toResponse(instances: Readonly<Record<string, number>>): Buffer {
  const text = Object.entries(instances)
    .map(([name, port]) => `ServerName;LOCALHOST;InstanceName;${name};IsClustered;No;Version;16.0.1000.6;tcp;${port};;`)
    .join('');
  const head = Buffer.from([RESPONSE, 0, 0]);
  head.writeUInt16LE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text, 'latin1')]);
}
