import type { Readable } from 'node:stream';
import type { ArtifactFile, ArtifactStore } from '../../artifacts/artifact-store.js';
import { ArtifactStoreError } from '../../artifacts/artifact-store.js';
import type { PartnerAccess } from '../../artifacts/partner-access.js';
import { messageOf } from '../../domain/errors.js';
import { SqlServerConnection } from './connection.js';
import { ExchangeError } from './exchange.js';
import type { Exchange, ExchangeFile } from './exchange.js';
import { quoteIdentifier, quoteText } from './quote.js';
import type { ServerFacts } from './server-facts.js';
import type { SqlServer } from './url.js';

/** No project can have that name. */
const PROJECT = '.exchange';
/** Parts of that size make 200 GB of the 10,000 that S3 takes; without it, and without compression, half of that. */
const LARGEST_PARTS = 'MAXTRANSFERSIZE = 20971520';
/** Where the server looks for a bucket that it is told no region of. */
const DEFAULT_REGION = 'us-east-1';
/** Of a URL: SQL Server backup to URL for S3-compatible object storage, "Limitations". */
const MAX_URL_LENGTH = 259;
/** Of each of our files. */
const NAME_LENGTH = 40;
/** How long taking back a credential may take. */
const REVOKE_TIMEOUT_MS = 10_000;
/** SQL Server 2022: it splits what it is given at the colon. */
const PLAIN_KEY = /^[^:]+$/;

type Store = Pick<ArtifactStore, 'put' | 'open' | 'findSize' | 'remove'>;

/** The bucket in which this server keeps its backups: SQL Server 2022 and later write there themselves. */
export class BucketExchange implements Exchange {
  readonly #store: Store;
  readonly #access: PartnerAccess;

  constructor(store: Store, access: PartnerAccess) {
    this.#store = store;
    this.#access = access;
  }

  findFault({ writesToS3, edition, version }: ServerFacts): string | null {
    if (writesToS3) return this.#access.fault ?? findLengthFault(this.#access);
    return `${edition} of version ${version} does not write to S3: that takes SQL Server 2022 or later, and not Express. Name a folder with backupDir and backupDirLocal instead.`;
  }

  file(name: string): ExchangeFile {
    return new BucketFile(this.#store, this.#access, name);
  }

  async list(connection: SqlServerConnection): Promise<readonly string[]> {
    const credentials = await connection.rows<{ name: string }>(
      "SELECT name FROM sys.credentials WHERE name LIKE N'rds[_]%'",
    );
    return [...new Set([...(await this.#access.listFolders(PROJECT)), ...credentials.map(({ name }) => name)])];
  }

  /** Each file has a credential of its own name: none is another's to drop. */
  async grant(connection: SqlServerConnection, name: string): Promise<void> {
    const { accessKeyId, secretAccessKey, sessionToken } = await this.#access.getCredentials();
    if (sessionToken !== undefined) {
      throw new ExchangeError(
        'SQL Server takes no S3 credentials that are good for a while alone. Give this server an access key.',
      );
    }
    if (!PLAIN_KEY.test(accessKeyId) || !PLAIN_KEY.test(secretAccessKey)) {
      throw new ExchangeError('SQL Server takes no S3 credentials that hold a colon. Make another access key.');
    }
    const secret = quoteText(`${accessKeyId}:${secretAccessKey}`);
    await connection.run(
      // One of the same name may be left of a restore that was broken off.
      `${toDropStatement(name)};
CREATE CREDENTIAL ${quoteIdentifier(name)} WITH IDENTITY = 'S3 Access Key', SECRET = ${secret}`,
    );
  }

  async revoke(server: SqlServer, name: string): Promise<void> {
    await using connection = await SqlServerConnection.open(server, AbortSignal.timeout(REVOKE_TIMEOUT_MS));
    await connection.run(toDropStatement(name));
  }

  /** INIT is none of the options that S3 takes: FORMAT replaces what is there. */
  toNewFileOptions({ compresses }: Pick<ServerFacts, 'compresses'>): readonly string[] {
    return compresses ? ['FORMAT', LARGEST_PARTS] : ['FORMAT'];
  }
}

function toDropStatement(name: string): string {
  return `IF EXISTS (SELECT * FROM sys.credentials WHERE name = ${quoteText(name)}) DROP CREDENTIAL ${quoteIdentifier(name)}`;
}

function findLengthFault({ urlOf }: PartnerAccess): string | null {
  const name = 'x'.repeat(NAME_LENGTH);
  const { length } = urlOf({ project: PROJECT, backupId: name, name });
  if (length <= MAX_URL_LENGTH) return null;
  return `its URLs of the bucket have ${length.toString()} characters, and SQL Server takes ${MAX_URL_LENGTH.toString()}. Shorten the prefix in ARTIFACT_STORE, or name a folder.`;
}

class BucketFile implements ExchangeFile {
  readonly name: string;
  readonly device: string;
  readonly missingReason =
    'the server has written it, and it is not in the bucket. Check that S3_ENDPOINT leads to the same store from here and from the SQL Server.';
  readonly backupOptions: readonly string[];
  readonly restoreOptions: readonly string[];
  readonly #store: Store;
  readonly #file: ArtifactFile;

  constructor(store: Store, { urlOf, region }: PartnerAccess, name: string) {
    this.#store = store;
    this.#file = { project: PROJECT, backupId: name, name };
    this.name = name;
    this.device = `URL = ${quoteText(urlOf(this.#file))}`;
    const credential = `CREDENTIAL = ${quoteText(name)}`;
    const place = JSON.stringify({ s3: { region } });
    const isElsewhere = region !== null && region !== DEFAULT_REGION;
    this.backupOptions = [credential, ...(isElsewhere ? [`BACKUP_OPTIONS = ${quoteText(place)}`] : [])];
    this.restoreOptions = [credential, ...(isElsewhere ? [`RESTORE_OPTIONS = ${quoteText(place)}`] : [])];
  }

  async findSize(): Promise<number | null> {
    return told(this.#store.findSize(this.#file));
  }

  async read(signal: AbortSignal): Promise<Readable> {
    const stream = await told(this.#store.open(this.#file, signal));
    // Whoever reads it gets the error; an abort must not count as unhandled while nobody does.
    stream.on('error', () => undefined);
    return stream;
  }

  async write(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    await told(this.#store.put(this.#file, content, signal));
  }

  /** With it go the parts of an upload that the server has not ended. */
  async remove(): Promise<void> {
    await told(this.#store.remove({ project: PROJECT, backupId: this.name }));
  }
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof ArtifactStoreError)) throw error;
    throw new ExchangeError(`the bucket cannot be used: ${messageOf(error)}.`, { cause: error, isFull: error.isFull });
  }
}
