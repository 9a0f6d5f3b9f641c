import type { ServerMessage } from '../tds-server/tds-server.js';

/** What a statement is refused with: one error or several. */
export class SqlError extends Error {
  readonly faults: readonly ServerMessage[];

  constructor(faults: readonly ServerMessage[]) {
    super(faults.map(({ message }) => message).join(' '));
    this.faults = faults;
  }
}

export function sqlError(number: number, message: string): SqlError {
  return new SqlError([{ number, message }]);
}
