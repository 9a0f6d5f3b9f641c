import { EngineUnreachableError } from '../database-engine.js';
import { toExchangeFault } from './failure.js';
import { HeldFile } from './held-file.js';
import type { ExchangePartner } from './exchange-names.js';
import { toBackupStatement, toVerifyStatement } from './statements.js';

/**
 * Finds out whether files pass both ways, with a backup of model, which is small on every server: what the server writes is
 * read here, and what is written here is read by the server.
 * @throws EngineUnreachableError that says what to check
 */
export async function probeExchange(partner: ExchangePartner, signal: AbortSignal): Promise<void> {
  try {
    await using written = await HeldFile.create(partner, signal);
    await using returned = await HeldFile.create(partner, signal);
    const { connection, facts, file } = written;
    await connection.run(toBackupStatement({ database: 'model', file, facts, exchange: partner.exchange }));
    if ((await file.findSize()) === null) throw new EngineUnreachableError(file.missingReason);
    const content = await file.read(signal);
    try {
      await returned.file.write(content, signal);
    } finally {
      content.destroy();
    }
    await connection.run(toVerifyStatement(returned.file));
    await file.remove();
    await returned.file.remove();
  } catch (error) {
    signal.throwIfAborted();
    throw toExchangeFault(error);
  }
}
