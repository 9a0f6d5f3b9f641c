import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import type { ConnectionConfiguration } from 'tedious';
import { messageOf } from '../../domain/errors.js';
import { EngineUnreachableError } from '../database-engine.js';
import { watchFirstAnswer } from './first-answer.js';
import type { SqlServer } from './url.js';

/** As the server's administrator sees it in sys.dm_exec_sessions. */
const APPLICATION_NAME = 'rds-backup-server';
/** How long one attempt to connect may take. */
export const CONNECT_TIMEOUT_MS = 5000;
/** How long the server may take to stop what it was asked to stop. */
const CANCEL_TIMEOUT_MS = 3000;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Makes the sockets of a connection, and watches over what answers there. */
export class Guard {
  readonly #server: SqlServer;
  /** Why the connection was closed from here. */
  refusal: EngineUnreachableError | null = null;

  constructor(server: SqlServer) {
    this.#server = server;
  }

  /** The library's own types do not tell what it gives: the port is that of a named instance, once it is known. */
  get connector(): () => Promise<Socket> {
    const open = async (address: Address, _lookup: unknown, signal: AbortSignal): Promise<Socket> =>
      this.#open(address, signal);
    return open as () => Promise<Socket>;
  }

  async #open({ host, port }: Address, signal: AbortSignal): Promise<Socket> {
    const socket = connect({ host, port, signal });
    await once(socket, 'connect');
    // With strict encryption nothing is said before TLS.
    if (this.#server.encrypt !== 'strict') {
      watchFirstAnswer(socket, this.#server.encrypt, (error) => {
        this.refusal = error;
      });
    }
    return socket;
  }
}

/** @throws EngineUnreachableError when a file that it names cannot be read */
export async function toConfig(server: SqlServer, guard: Guard): Promise<ConnectionConfiguration> {
  const { host, port, instanceName, user, password, domain, encrypt, trustServerCertificate } = server;
  const ca = await readCa(server);
  const serverName = server.hostNameInCertificate ?? toServerName(server);
  return {
    server: host,
    authentication:
      domain === null
        ? { type: 'default', options: { userName: user, password } }
        : { type: 'ntlm', options: { userName: user, password, domain } },
    options: {
      appName: APPLICATION_NAME,
      connector: guard.connector,
      ...(port === null ? { instanceName: instanceName ?? '' } : { port }),
      // No other one is always there: a restore renames the one that a login would begin in by default.
      database: 'master',
      encrypt,
      trustServerCertificate,
      ...(serverName === null ? {} : { serverName }),
      ...(ca === null ? {} : { cryptoCredentialsDetails: { ca } }),
      connectTimeout: CONNECT_TIMEOUT_MS,
      cancelTimeout: CANCEL_TIMEOUT_MS,
      // Whoever asks decides whether to ask again.
      maxRetriesOnTransientErrors: 0,
      useColumnNames: true,
      rowCollectionOnRequestCompletion: true,
    },
  };
}

/** TLS knows no addresses as names. */
function toServerName({ host, trustServerCertificate }: SqlServer): string | null {
  return trustServerCertificate && isIP(host) !== 0 ? 'sqlserver' : null;
}

async function readCa({ caFile }: SqlServer): Promise<string | null> {
  if (caFile === null) return null;
  try {
    return await readFile(caFile, 'utf8');
  } catch (error) {
    throw new EngineUnreachableError(`the file ${caFile} (caFile) cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}
