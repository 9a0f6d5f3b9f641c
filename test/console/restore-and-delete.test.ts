import { readFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession } from '../support/console-session.js';
import { SqliteFile } from '../support/sqlite.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const BACKUPS = { path: '/backups' };

describe.skipIf(!hasBrowser)('In the console a backup', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('is restored under another name, beside what is there', async () => {
    await using app = await TestApp.start();
    await app.takeBackup(await app.registerFolder('shop', ['orders']), 'first');
    await using session = await ConsoleSession.open(browser, { url: app.url, ...BACKUPS });
    const { dialog } = session;

    await session.chooseAction('first', 'Restore');
    await dialog.getByText('shop has orders.db already').waitFor();
    await session.shoot('restore-clash');
    expect(await dialog.getByRole('button', { name: 'Restore', exact: true }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'Restore orders.db as' }).fill('orders-copy.db');
    await dialog.getByText('New', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click();

    await session.notice('Backup first is restored to shop.').waitFor();
    expect(await countRows(app.dir.join('shop', 'orders-copy.db'))).toBe(
      await countRows(app.dir.join('shop', 'orders.db')),
    );
    expect(session.faults).toEqual([]);
  });

  test('replaces a database only once the name of its instance is typed', async () => {
    await using app = await TestApp.start();
    await app.takeBackup(await app.registerFolder('shop', ['orders']), 'first');
    const before = await countRows(app.dir.join('shop', 'orders.db'));
    await using session = await ConsoleSession.open(browser, { url: app.url, ...BACKUPS });
    const { dialog } = session;
    {
      await using orders = await SqliteFile.open(app.dir.join('shop', 'orders.db'));
      await orders.exec('DELETE FROM items WHERE id > 1');
    }

    await session.chooseAction('first', 'Restore');
    await dialog.getByRole('checkbox', { name: 'Overwrite databases that have these names' }).check();
    const restore = dialog.getByRole('button', { name: 'Restore', exact: true });
    await dialog.getByText('orders.db on shop will be replaced').waitFor();
    expect(await restore.isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'To confirm, type shop' }).fill('Shop');
    expect(await restore.isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'To confirm, type shop' }).fill('shop');
    await session.shoot('restore-overwrite');
    await restore.click();

    await session.notice('Backup first is restored to shop.').waitFor();
    expect(await countRows(app.dir.join('shop', 'orders.db'))).toBe(before);
    expect(session.faults).toEqual([]);
  });

  test('is verified, and says what was found', async () => {
    await using app = await TestApp.start();
    await app.takeBackup(await app.registerSample('shop'), 'first');
    await using session = await ConsoleSession.open(browser, { url: app.url, ...BACKUPS });
    const { dialog } = session;

    await session.chooseAction('first', 'Verify');
    await session.shoot('verify');
    await dialog.getByRole('button', { name: 'Verify', exact: true }).click();

    await session.notice('Backup first is verified.').waitFor();
    expect(session.faults).toEqual([]);
  });

  test('is downloaded, byte for byte as it is stored', async () => {
    await using app = await TestApp.start();
    const backup = await app.takeBackup(await app.registerSample('shop'), 'first');
    await using session = await ConsoleSession.open(browser, { url: app.url, ...BACKUPS });
    const { page, dialog } = session;

    await session.chooseAction('first', 'Download');
    const begun = page.waitForEvent('download');
    await dialog.getByRole('link', { name: 'Download shop.db' }).click();
    const download = await begun;
    await session.shoot('download');

    const file = `${app.artifacts}/default/${backup.id}/${download.suggestedFilename()}`;
    expect(await readFile(await download.path())).toEqual(await readFile(file));
    expect(session.faults).toEqual([]);
  });

  test('that is being created is cancelled, and leaves its instance available', async () => {
    const engine = new FakeEngine();
    const hold = engine.hold();
    await using app = await TestApp.start({ overrides: { engines: [engine] } });
    const instanceId = await app.register('shop', 'fake://db1');
    await app.beginBackup(instanceId, 'too-long');
    await hold.reached();
    await using session = await ConsoleSession.open(browser, { url: app.url, ...BACKUPS });
    const { dialog } = session;

    await session.chooseAction('too-long', 'Cancel Backup');
    await session.shoot('cancel-backup');
    await dialog.getByRole('button', { name: 'Cancel Backup' }).click();

    await session.notice('Backup too-long of shop was cancelled.').waitFor();
    await session.row('too-long').getByText('Cancelled').waitFor();
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
    expect(session.faults).toEqual([]);
  });

  test('is deleted once its name is typed', async () => {
    await using app = await TestApp.start();
    const instanceId = await app.registerSample('shop');
    await app.takeBackup(instanceId, 'first');
    await app.takeBackup(instanceId, 'second');
    await using session = await ConsoleSession.open(browser, { url: app.url, ...BACKUPS });
    const { dialog } = session;

    await session.chooseAction('first', 'Delete');
    expect(await dialog.getByRole('button', { name: 'Delete', exact: true }).isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'To confirm, type first' }).fill('first');
    await session.shoot('delete-backup');
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();

    await session.notice('Backup first is deleted.').waitFor();
    await session.row('first').waitFor({ state: 'detached' });
    await session.row('second').waitFor();
    expect(session.faults).toEqual([]);
  });

  test('goes with others that are selected', async () => {
    await using app = await TestApp.start();
    const instanceId = await app.registerSample('shop');
    for (const name of ['first', 'second', 'third']) await app.takeBackup(instanceId, name);
    await using session = await ConsoleSession.open(browser, { url: app.url, ...BACKUPS });
    const { page, dialog } = session;

    for (const name of ['first', 'third']) await page.getByRole('checkbox', { name: `Select ${name}` }).check();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await dialog.getByRole('textbox', { name: 'To confirm, type delete' }).fill('delete');
    await session.shoot('delete-backups');
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();

    // The newer of the two notices lies on the other.
    await page
      .getByText(/Backup (first|third) is deleted\./)
      .first()
      .waitFor();
    for (const name of ['first', 'third']) await session.row(name).waitFor({ state: 'detached' });
    expect(await session.row('second').count()).toBe(1);
    expect(session.faults).toEqual([]);
  });

  test('of an instance that is deleted stays, and is restored to another', async () => {
    await using app = await TestApp.start();
    await app.takeBackup(await app.registerFolder('shop', ['orders']), 'kept');
    await app.registerFolder('spare', ['other']);
    await using session = await ConsoleSession.open(browser, app);
    const { page, dialog } = session;

    await session.chooseAction('shop', 'Delete');
    await dialog.getByText('1 manual backup').waitFor();
    await dialog.getByRole('textbox', { name: 'To confirm, type shop' }).fill('shop');
    await session.shoot('delete-instance');
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await session.notice('Instance shop is deleted.').waitFor();
    await session.row('shop').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Backup Management' }).click();
    await session.row('kept').getByText('shop (deleted)').waitFor();
    await session.shoot('backups-of-deleted-instance');
    await session.chooseAction('kept', 'Restore');
    await dialog.getByRole('button', { name: /Target instance/ }).click();
    await page.getByRole('option', { name: /spare/ }).click();
    await dialog.getByText('New', { exact: true }).waitFor();
    await dialog.getByRole('button', { name: 'Restore', exact: true }).click();

    await session.notice('Backup kept is restored to spare.').waitFor();
    expect(await countRows(app.dir.join('spare', 'orders.db'))).toBe(
      await countRows(app.dir.join('shop', 'orders.db')),
    );
    expect(session.faults).toEqual([]);
  });
});

async function countRows(path: string): Promise<number> {
  await using file = await SqliteFile.open(path);
  const [row] = await file.all<{ count: number }>('SELECT count(*) AS count FROM items');
  return row?.count ?? 0;
}
