import { messageOf } from '../../domain/errors.js';
import { serverErrorOf } from './errors.js';

const LATIN1 = 'latin1';
const NAME = '`(?:[^`]|``)+`';
/** As the server writes an event, whatever its author has written. */
const EVENT = new RegExp(
  `^(/\\*!50106 CREATE\\*/ .*?EVENT ${NAME} ON SCHEDULE [^\`]*? PRESERVE )(?:ENABLE|DISABLE|SLAVESIDE_DISABLED)\\b`,
  's',
);
const EVENT_BEGINNING = '/*!50106 CREATE*/';
/** What stands for a view before all tables and views are there. */
const PLACEHOLDER = new RegExp(`^/\\*!50001 CREATE VIEW (${NAME}) AS SELECT\\s`);
const VIEW = new RegExp(`^/\\*!50001 CREATE ALGORITHM.*?\\n?/\\*!50001 VIEW (${NAME}) `, 's');
/** ER_BAD_DB_ERROR, ER_NO_SUCH_TABLE, ER_SP_DOES_NOT_EXIST, ER_VIEW_INVALID. */
const NOT_THERE = new Set([1049, 1146, 1305, 1356]);

/** What a dump has besides tables, as a scratch database takes it: nothing of it runs. */
export class ScratchCode {
  readonly statements: readonly Buffer[];
  readonly #placeholders = new Map<string, Buffer>();

  constructor(code: readonly Buffer[]) {
    this.statements = code.map(toDisabled).filter((statement) => statement !== null);
    for (const statement of code) {
      const name = PLACEHOLDER.exec(statement.toString(LATIN1))?.[1];
      if (name !== undefined) this.#placeholders.set(name, statement);
    }
  }

  /**
   * A view may need another database, which the scratch server need not have: then that view alone cannot be proved, and
   * what stands for it keeps views that use it from failing, too.
   * @returns null when it must not fail
   */
  findPlaceholder(
    statement: Buffer,
    { error, database }: { readonly error: unknown; readonly database: string },
  ): Buffer | null {
    const name = VIEW.exec(statement.toString(LATIN1))?.[1];
    const isElsewhere = NOT_THERE.has(serverErrorOf(error) ?? 0) && !messageOf(error).includes(database);
    return name === undefined || !isElsewhere ? null : (this.#placeholders.get(name) ?? null);
  }
}

/** @returns null for an event of which it is not clear that it would not run */
function toDisabled(statement: Buffer): Buffer | null {
  const text = statement.toString(LATIN1);
  if (!text.startsWith(EVENT_BEGINNING)) return statement;
  return EVENT.test(text) ? Buffer.from(text.replace(EVENT, '$1DISABLE'), LATIN1) : null;
}
