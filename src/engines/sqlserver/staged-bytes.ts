import type { ServerMessage } from './connection.js';

/** "%d percent processed." (sys.messages) */
const PERCENT_PROCESSED = 3211;

/** Tells how much of a file the server has written, from the per cent that it says. */
export class StagedBytes {
  readonly #estimateBytes: number;
  readonly #onStaged: (bytes: number) => void;
  #percent = 0;
  #toldBytes = 0;

  /** @param estimateBytes what the file may have in the end */
  constructor(estimateBytes: number, onStaged: (bytes: number) => void) {
    this.#estimateBytes = estimateBytes;
    this.#onStaged = onStaged;
  }

  /** Two tell it, at their own pace: what is no progress is not told. */
  at(percent: number): void {
    if (percent <= this.#percent) return;
    this.#percent = percent;
    this.#tell(Math.floor((this.#estimateBytes * Math.min(percent, 100)) / 100));
  }

  heed({ number, message }: ServerMessage): void {
    if (number === PERCENT_PROCESSED) this.at(Number.parseInt(message, 10));
  }

  end(sizeBytes: number): void {
    this.#tell(sizeBytes);
  }

  #tell(bytes: number): void {
    this.#onStaged(bytes - this.#toldBytes);
    this.#toldBytes = bytes;
  }
}
