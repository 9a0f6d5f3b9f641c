import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorOf } from '../support/dumps.js';
import { toLoad } from '../support/restores.js';
import { createDump, OLD_TABLES, RestoreLab } from '../support/sqlserver/restore-lab.js';

const ID = '0123456789abcdef01234567';
const STAGED = `rds_restore_${ID}`;

let lab: RestoreLab;
beforeEach(async () => {
  lab = await RestoreLab.start();
});
afterEach(async () => lab[Symbol.asyncDispose]());

describe('a load that is broken off', () => {
  test.each([/^RESTORE FILELISTONLY/, /^RESTORE DATABASE/])(
    'by a lost connection has no outcome, and is removed by another server: %s',
    async (pattern) => {
      lab.model.cutOn(pattern);
      const target = await lab.aim();
      expect(await errorOf(lab.stage(target))).toMatchObject({ name: 'EngineUnreachableError' });
      await lab.engine.abandonRestore(target);
      expect(await lab.listEverything()).toEqual(['shop']);
      expect(lab.model.state.get('shop')).toMatchObject({ tables: OLD_TABLES, userAccess: 'MULTI_USER' });
    },
  );

  test('by its signal has the server stop, and leaves no file; the half of a database is removed', async () => {
    const hold = lab.model.holdOn(/^RESTORE DATABASE/);
    const aborting = new AbortController();
    const target = await lab.aim({ stagingId: ID, signal: aborting.signal });
    const staging = errorOf(lab.stage(target));
    await hold.reached();
    expect(await lab.listEverything()).toEqual([STAGED, `${STAGED}.bak`, 'shop']);
    expect(lab.model.state.get(STAGED).state).toBe('RESTORING');
    const reason = new Error('enough');
    aborting.abort(reason);
    expect(await staging).toBe(reason);
    expect(lab.model.cancelled).toEqual([expect.stringContaining(`RESTORE DATABASE [${STAGED}] FROM DISK`)]);
    expect(await lab.listEverything()).toEqual([STAGED, 'shop']);
    await lab.engine.abandonRestore({ ...target, signal: new AbortController().signal });
    expect(await lab.listEverything()).toEqual(['shop']);
  });

  test('is a proof: by its signal, by a lost connection, by damage; nothing is left', async () => {
    const aborting = new AbortController();
    const hold = lab.model.holdOn(/^DBCC CHECKDB/);
    const scratch = await lab.aim({ signal: aborting.signal });
    const proving = errorOf(lab.engine.proveRestore(scratch, toLoad(createDump())));
    await hold.reached();
    aborting.abort(new Error('enough'));
    expect(await proving).toMatchObject({ message: 'enough' });
    expect(lab.model.cancelled).toHaveLength(1);
    expect(await lab.listEverything()).toEqual(['shop']);
    lab.model.cutOn(/^DBCC CHECKDB/);
    expect(await errorOf(lab.engine.proveRestore(await lab.aim(), toLoad(createDump())))).toMatchObject({
      name: 'EngineUnreachableError',
    });
    expect(await lab.listEverything()).toEqual(['shop']);
    const damage = 'Table error: Object ID 7, index ID 1. Page (1:8) could not be processed.';
    lab.model.failOn(/^DBCC CHECKDB/, { number: 8928, message: damage });
    expect(await errorOf(lab.engine.proveRestore(await lab.aim(), toLoad(createDump())))).toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringContaining(`${damage} (error 8928)`),
    });
    expect(await lab.listEverything()).toEqual(['shop']);
  });
});
