import { pino } from 'pino';
import type { Logger } from 'pino';

/** Keeps every log line of a server, of every level. */
export class LogCapture {
  readonly logger: Logger;
  readonly #lines: string[] = [];

  constructor() {
    const write = (line: string): void => {
      this.#lines.push(line);
    };
    this.logger = pino({ level: 'trace' }, { write });
  }

  get text(): string {
    return this.#lines.join('');
  }

  get entries(): readonly Record<string, any>[] {
    return this.#lines.map((line) => JSON.parse(line) as Record<string, any>);
  }
}
