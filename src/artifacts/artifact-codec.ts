import type { Transform } from 'node:stream';
import type { Artifact } from '../domain/backup.js';
import { splitHead } from './age-keys.js';
import type { AgeKeys } from './age-keys.js';
import type { Codec, CodecPool } from './codec-pool.js';

/** How the bytes of a file are stored. */
export type Layout = Pick<Artifact, 'compression' | 'encryption'>;

/** The way back of one file: the stored bytes go through both, one after the other. */
interface Decoder {
  readonly unseal: (stored: AsyncIterable<Uint8Array>) => AsyncGenerator<Uint8Array>;
  readonly decode: Transform;
}

/** Turns dumps into the bytes that are stored, and back. */
export class ArtifactCodec {
  readonly #pool: CodecPool;
  readonly #keys: AgeKeys;

  constructor(pool: CodecPool, keys: AgeKeys) {
    this.#pool = pool;
    this.#keys = keys;
  }

  /** Of what is stored from now on: what is compressed already is not compressed again. */
  layoutOf({ isCompressed }: { readonly isCompressed: boolean }): Layout {
    return { compression: isCompressed ? 'none' : 'zstd', encryption: this.#keys.canSeal ? 'age' : null };
  }

  /** Whoever does not read it to its end destroys it. */
  async createEncoder({ compression, encryption }: Layout): Promise<Transform> {
    const { head, key } = encryption === 'age' ? await this.#keys.seal() : { head: null, key: null };
    const codec = this.#pool.create();
    codec.begin({ encoding: 'encode', isCompressed: compression === 'zstd', key, head });
    return codec;
  }

  /** Whoever does not read `decode` to its end destroys it. */
  createDecoder(layout: Layout): Decoder {
    const codec = this.#pool.create();
    return { unseal: (stored) => this.#unseal(stored, codec, layout), decode: codec };
  }

  async *#unseal(
    stored: AsyncIterable<Uint8Array>,
    codec: Codec,
    { compression, encryption }: Layout,
  ): AsyncGenerator<Uint8Array> {
    const isCompressed = compression === 'zstd';
    const begin = (key: Uint8Array | null): void => {
      codec.begin({ encoding: 'decode', isCompressed, key, head: null });
    };
    if (encryption === null) {
      begin(null);
      yield* stored;
      return;
    }
    const iterator = stored[Symbol.asyncIterator]();
    const { head, rest } = await splitHead(iterator);
    begin(await this.#keys.open(head));
    yield rest;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  }
}
