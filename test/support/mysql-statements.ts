import { MysqlConnection } from '../../src/engines/mysql/connection.js';

type Ask = (this: MysqlConnection, statement: string | Buffer, ...rest: unknown[]) => Promise<readonly never[]>;

/** Sees each statement of the engine's own connections before it is sent, until it is disposed of. */
export function onStatement(see: (statement: string) => Promise<void> | void): Disposable {
  const prototype = MysqlConnection.prototype as unknown as Record<'query' | 'run', Ask>;
  const { query, run } = prototype;
  const after = (original: Ask): Ask =>
    async function (statement, ...rest) {
      await see(Buffer.isBuffer(statement) ? statement.toString('latin1') : statement);
      return original.call(this, statement, ...rest);
    };
  prototype.query = after(query);
  prototype.run = after(run);
  return {
    [Symbol.dispose]: (): void => {
      Object.assign(prototype, { query, run });
    },
  };
}

/** Does something once, before the first statement that is so. */
export function beforeStatement(pattern: RegExp, work: () => Promise<void>): Disposable {
  let isDone = false;
  return onStatement(async (statement) => {
    if (isDone || !pattern.test(statement)) return;
    isDone = true;
    await work();
  });
}
