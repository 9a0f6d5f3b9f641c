import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AbandonTarget } from '../../src/engines/database-restorer.js';
import { toReplacedName } from '../../src/engines/staging-name.js';
import { errorOf } from '../support/dumps.js';
import { NEW_TABLES, OLD_TABLES, RestoreLab } from '../support/sqlserver/restore-lab.js';
import type { Instant, Mishap } from '../support/sqlserver/statement-faults.js';

/** Every statement of a commit that replaces, and how many like it come before. */
const COMMIT: readonly (readonly [string, RegExp, number])[] = [
  ['looks', /^SELECT CASE d\.name/, 0],
  ['gives the new one its owner', /^ALTER AUTHORIZATION/, 0],
  ['enters the old one', /^USE \[shop\]$/, 0],
  ['ends its sessions', /^ALTER DATABASE \[shop\] SET SINGLE_USER/, 0],
  ['puts it aside', /^ALTER DATABASE \[shop\] MODIFY NAME = \[rds_replaced_/, 0],
  ['leaves it', /^USE master$/, 0],
  ['gives the new one its name', /^ALTER DATABASE \[rds_restore_\w+\] MODIFY NAME = \[shop\]$/, 0],
  ['looks again', /^SELECT CASE d\.name/, 1],
  ['ends sessions in what is aside', /^ALTER DATABASE \[rds_replaced_\w+\] SET SINGLE_USER/, 0],
  ['drops what is aside', /^DROP DATABASE \[rds_replaced_/, 0],
];
/** Those of the abandonment of a commit that was broken off once the old one was aside. */
const ABANDONMENT: readonly (readonly [string, RegExp, number])[] = [
  ['looks', /^SELECT CASE d\.name/, 0],
  ['puts the old one back', /^ALTER DATABASE \[rds_replaced_\w+\] MODIFY NAME = \[shop\]$/, 0],
  ['lets others in again', /^ALTER DATABASE \[shop\] SET MULTI_USER$/, 0],
  ['ends sessions in what is staged', /^ALTER DATABASE \[rds_restore_\w+\] SET SINGLE_USER/, 0],
  ['drops what is staged', /^DROP DATABASE \[rds_restore_/, 0],
];
/** What holds the restore's name, and what is done when its swap fails. */
const AROUND = /^(DECLARE|EXEC|SELECT @result|BEGIN|END|IF|THROW| {2}|FROM|WHERE)/;
const CUT: Mishap = { kind: 'cut' };
const DEADLOCK: Mishap = { kind: 'fail', faults: [{ number: 1205, message: 'Chosen as the deadlock victim.' }] };
const BLOWS: readonly (readonly [string, Instant, Mishap])[] = [
  ['loses its connection before it', 'before', CUT],
  ['loses its connection after it', 'after', CUT],
  ['is refused it', 'before', DEADLOCK],
];
const REFUSED = { name: 'RestoreFailedError', message: expect.stringContaining('deadlock victim. (error 1205)') };
const NOBODY_KNOWS = { name: 'EngineUnreachableError', message: expect.not.stringContaining('LoggedIn') };

let lab: RestoreLab;
beforeEach(async () => {
  lab = await RestoreLab.start();
});
afterEach(async () => lab[Symbol.asyncDispose]());

/** In every instant: all of the old content or of the new one has the name, or nobody, and the old one is kept. */
function contentNow(target: AbandonTarget): 'old' | 'new' | 'aside' {
  const found = lab.model.state.find('shop');
  const kept = found ?? lab.model.state.get(toReplacedName(target.stagingId));
  expect(kept.state).toBe('ONLINE');
  expect([OLD_TABLES, NEW_TABLES]).toContainEqual(kept.tables);
  if (found === null) expect(kept.tables).toEqual(OLD_TABLES);
  return found === null ? 'aside' : found.tables === OLD_TABLES ? 'old' : 'new';
}

/** Everybody may use it, its owner is the same, and nothing else is there. */
async function expectSettled(content: 'old' | 'new', owner = 'clerk'): Promise<void> {
  const tables = content === 'old' ? OLD_TABLES : NEW_TABLES;
  expect(lab.model.state.get('shop')).toMatchObject({ tables, owner, userAccess: 'MULTI_USER', state: 'ONLINE' });
  expect(await lab.listEverything()).toEqual(['shop']);
}

/** A commit whose connection is lost once the old one is aside. */
async function breakOff(): Promise<AbandonTarget> {
  const target = await lab.stage();
  lab.model.faults.plan({ pattern: /MODIFY NAME = \[shop\]$/, mishap: CUT });
  expect(await errorOf(lab.engine.commitRestore(target))).toMatchObject(NOBODY_KNOWS);
  expect(contentNow(target)).toBe('aside');
  return target;
}

function labelsOf(table: typeof COMMIT): readonly string[] {
  const seen = new Map<RegExp, number>();
  const sent = lab.model.statements
    .splice(0)
    .flatMap((sql) => sql.split(/;\n|;$|\n/))
    .filter((part) => part !== '' && !AROUND.test(part));
  return sent.map((sql) => {
    const like = table.filter(([, pattern]) => pattern.test(sql));
    const key = like[0]?.[1] ?? /never/;
    const spared = seen.get(key) ?? 0;
    seen.set(key, spared + 1);
    return like[spared]?.[0] ?? sql;
  });
}

test('a swap, and its abandonment, have the statements that are broken off here, and no others', async () => {
  const target = await lab.stage();
  lab.model.statements.splice(0);
  expect(await lab.engine.commitRestore(target)).toBe(true);
  expect(labelsOf(COMMIT)).toEqual(COMMIT.map(([label]) => label));
  Object.assign(lab.model.state.get('shop'), { tables: OLD_TABLES });
  const later = await breakOff();
  lab.model.statements.splice(0);
  await lab.engine.abandonRestore(later);
  expect(labelsOf(ABANDONMENT)).toEqual(ABANDONMENT.map(([label]) => label));
});

describe.each(COMMIT)('a commit that %s', (label, pattern, spared) => {
  describe.each(BLOWS)('and %s', (_blow, instant, mishap) => {
    async function strike(): Promise<{ target: AbandonTarget; content: 'old' | 'new' | 'aside' }> {
      const target = await lab.stage();
      lab.model.faults.plan({ pattern, spared, instant, mishap });
      const outcome = await lab.engine.commitRestore(target).catch((error: unknown) => error);
      const content = contentNow(target);
      // Of what it has done it may say that something is left; of the rest that nobody knows, or that nothing has changed.
      if (outcome instanceof Error) expect(outcome).toMatchObject(mishap === CUT ? NOBODY_KNOWS : REFUSED);
      else expect({ content, isBoolean: typeof outcome }).toEqual({ content: 'new', isBoolean: 'boolean' });
      if (outcome instanceof Error && mishap !== CUT) {
        expect(content).toBe('old');
        expect(lab.model.state.get('shop').userAccess).toBe('MULTI_USER');
      }
      expect(lab.model.faults.isDone).toBe(true);
      return { target, content };
    }

    test('is finished by another server', async () => {
      const { target, content } = await strike();
      const isOwnerKnown = label !== 'gives the new one its owner' || content !== 'new';
      expect(await lab.engine.commitRestore(target)).toBe(true);
      await expectSettled('new', isOwnerKnown ? 'clerk' : 'backup');
    });

    test('is taken back by another server, unless the new one has its name', async () => {
      const { target, content } = await strike();
      const isOwnerKnown = label !== 'gives the new one its owner' || content !== 'new';
      await lab.engine.abandonRestore(target);
      await lab.engine.abandonRestore(target);
      await expectSettled(content === 'new' ? 'new' : 'old', isOwnerKnown ? 'clerk' : 'backup');
    });
  });
});

describe.each(ABANDONMENT)('an abandonment that %s', (_label, pattern, spared) => {
  test.each(BLOWS)('and %s is taken up by another server', async (_blow, instant, mishap) => {
    const target = await breakOff();
    lab.model.faults.plan({ pattern, spared, instant, mishap });
    const error = await errorOf(lab.engine.abandonRestore(target));
    expect(lab.model.faults.isDone).toBe(true);
    if (error !== null) expect(error).toMatchObject(mishap === CUT ? NOBODY_KNOWS : REFUSED);
    expect(contentNow(target)).not.toBe('new');
    await lab.engine.abandonRestore(target);
    await expectSettled('old');
  });
});
