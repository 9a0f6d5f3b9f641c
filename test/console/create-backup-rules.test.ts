import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BACKUP_DESCRIPTION, BACKUP_NAME, MAX_NAME_LENGTH } from '../../src/domain/naming.js';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession } from '../support/console-session.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('In the console a backup is created', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('by the rules, which are said in the server’s own words while one types', async () => {
    await using app = await TestApp.start();
    await app.takeBackup(await app.registerSample('shop'), 'taken');
    await using session = await ConsoleSession.open(browser, app);
    const { dialog } = session;
    await session.chooseAction('shop', 'Create Backup');
    const name = dialog.getByRole('textbox', { name: 'Backup name' });
    const description = dialog.getByRole('textbox', { name: 'Description' });
    const ok = dialog.getByRole('button', { name: 'OK' });

    await name.fill('1st');
    await dialog.getByText(BACKUP_NAME.sentence).waitFor();
    expect(await ok.isDisabled()).toBe(true);
    await name.fill('first');
    await description.fill('a < b');
    await dialog.getByText(BACKUP_DESCRIPTION.sentence).waitFor();
    await session.shoot('create-backup-faults');
    expect(await ok.isDisabled()).toBe(true);
    await description.fill('as before');
    await name.fill('taken');
    await ok.click();

    await dialog.getByText('The project already has a backup named taken. Choose another name.').waitFor();
    expect(await name.getAttribute('aria-invalid')).toBe('true');
    await session.shoot('create-backup-taken');
    await name.fill('not-taken');
    expect(await dialog.getByText('The project already has').count()).toBe(0);
    expect(session.faults).toEqual([]);
  });

  test('of the databases that can be backed up now; the others say why they cannot', async () => {
    const engine = new FakeEngine();
    engine.databases = [
      { name: 'archive', sizeBytes: 10, system: false, unavailableReason: 'it is offline.' },
      { name: 'orders', sizeBytes: 10, system: false },
    ];
    await using app = await TestApp.start({ overrides: { engines: [engine] } });
    const instanceId = await app.register('shop', 'fake://db1');
    await using session = await ConsoleSession.open(browser, app);
    const { dialog, page } = session;
    await session.chooseAction('shop', 'Create Backup');

    await dialog.getByText('All user databases (1 database').click();
    const archive = page.getByRole('option', { name: /archive/ });
    await archive.getByText('It cannot be backed up now: it is offline.').waitFor();
    expect(await archive.getAttribute('aria-disabled')).toBe('true');
    await session.shoot('create-backup-unavailable-database');

    await page.goto(`${app.url}/instances/${instanceId}`);
    await page.getByText('It cannot be backed up now: it is offline.').waitFor();
    await session.shoot('instance-unavailable-database');
    expect(session.faults).toEqual([]);
  });

  test('not of an instance that is being backed up meanwhile: the refusal names it', async () => {
    const engine = new FakeEngine();
    const hold = engine.hold();
    await using app = await TestApp.start({ overrides: { engines: [engine] } });
    const instanceId = await app.register('shop', 'fake://db1');
    await using session = await ConsoleSession.open(browser, app);
    const { dialog } = session;
    await session.chooseAction('shop', 'Create Backup');
    await app.beginBackup(instanceId, 'of-another');

    await dialog.getByRole('button', { name: 'OK' }).click();

    await dialog.getByText('BACKUP_IN_PROGRESS').waitFor();
    await dialog.getByText('You cannot create a backup for a DB instance that is being backed up').waitFor();
    await session.shoot('create-backup-refused');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await session.row('shop').getByRole('button', { name: /More/ }).click();
    const item = session.page.getByRole('menuitem', { name: 'Create Backup' });
    expect(await item.getAttribute('aria-disabled')).toBe('true');
    expect(session.faults).toEqual([]);
    hold.release();
  });

  test('once, however fast the button is clicked, and not at all when cancelled', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop');
    await using session = await ConsoleSession.open(browser, app);
    const { dialog } = session;

    await session.chooseAction('shop', 'Create Backup');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await session.chooseAction('shop', 'Create Backup');
    await dialog.getByRole('textbox', { name: 'Backup name' }).fill('only-one');
    await dialog.getByRole('button', { name: 'OK' }).dblclick();

    await session.notice('Backup only-one of shop is completed.').waitFor();
    const { data } = await app.graphql('{ backups { totalCount } auditEvents { nodes { action outcome } } }');
    expect(data.backups.totalCount).toBe(1);
    // Not even asked for a second one.
    expect(data.auditEvents.nodes).not.toContainEqual({ action: 'CREATE_BACKUP', outcome: 'REFUSED' });
    expect(session.faults).toEqual([]);
  });

  test('under a suggested name that keeps the rule, also of an instance whose name is as long as it may be', async () => {
    const longest = 'a'.repeat(MAX_NAME_LENGTH);
    await using app = await TestApp.start();
    await app.registerSample(longest);
    await using session = await ConsoleSession.open(browser, app);
    const { page, dialog } = session;
    const name = dialog.getByRole('textbox', { name: 'Backup name' });

    const suggested: string[] = [];
    for (const passedMs of [0, 1000]) {
      await page.clock.setFixedTime(Date.parse('2026-11-23T10:30:00Z') + passedMs);
      await session.chooseAction(longest, 'Create Backup');
      suggested.push(await name.inputValue());
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      await dialog.waitFor({ state: 'detached' });
    }

    for (const text of suggested) expect(text).toMatch(BACKUP_NAME.pattern);
    // Another one a second later: who creates two in a row need not think of a name.
    expect(new Set(suggested).size).toBe(2);
    expect(session.faults).toEqual([]);
  });
});
