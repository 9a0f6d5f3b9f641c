import { Engine } from '../../domain/instance.js';
import { quoteName } from './quote.js';
import type { RestoreSession } from './restore-session.js';

/** A default that takes the next value of a sequence names the database in which the sequence was when it was made. */
export async function nameSequences(session: RestoreSession, database: string): Promise<void> {
  const { connection, product, staged } = session;
  if (product.engine !== Engine.MARIADB) return;
  const former = `${quoteName(staged)}.`;
  const columns = await connection.run<{ place: string; name: string; column: string; value: string }>(
    `SELECT TABLE_SCHEMA AS place, TABLE_NAME AS name, COLUMN_NAME AS \`column\`, COLUMN_DEFAULT AS value FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = x'${Buffer.from(database).toString('hex')}' AND COLUMN_DEFAULT LIKE '%(${former}%'`,
  );
  if (columns.length > 0) await connection.query("SET SESSION system_versioning_alter_history = 'KEEP'");
  const here = columns.filter(({ place }) => session.isSame(place, database));
  // All of a table at once: the server looks at each of its defaults.
  for (const table of new Set(here.map(({ name }) => name))) {
    const changed = here.filter(({ name }) => name === table);
    const changes = changed.map(({ column, value }) => {
      const own = value.replaceAll(`(${former}`, () => `(${quoteName(database)}.`);
      return `ALTER COLUMN ${quoteName(column)} SET DEFAULT (${own})`;
    });
    await connection.run(`ALTER TABLE ${quoteName(database)}.${quoteName(table)} ${changes.join(', ')}`);
  }
}
