import { SqliteQueryRunner } from 'typeorm/driver/sqlite/SqliteQueryRunner.js';
import { vi } from 'vitest';

/** The tail of the event log, due health checks and due policies are polled now and then, whoever asks for what. */
const POLL = /FROM "status_changes" .*LIMIT|due_at"? <= /;

/** What some work makes the SQLite catalogs of this process read: one SQL statement an entry. */
export async function collectReads(work: () => Promise<void>): Promise<readonly string[]> {
  const spy = vi.spyOn(SqliteQueryRunner.prototype, 'query');
  try {
    await work();
    return spy.mock.calls
      .map(([sql]) => sql)
      .filter((sql) => /^(SELECT|WITH)/.test(sql.trimStart()) && !POLL.test(sql));
  } finally {
    spy.mockRestore();
  }
}
