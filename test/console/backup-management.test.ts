import { writeFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fillCatalog } from '../bench/large-catalog.js';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession, PATIENCE } from '../support/console-session.js';
import { SqliteFile } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('Backup Management', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('narrows the list by each of its filters, as the URL says, also after a reload', async () => {
    await using app = await TestApp.start();
    const shop = await app.registerSample('shop');
    await app.takeBackup(await app.registerSample('stock'), 'stock-weekly');
    await app.takeBackup(shop, 'shop-weekly');
    await app.takeBackup(shop, 'shop-long-ago');
    await beginEarlier(app, 'shop-long-ago');
    await failBackup(app, shop, 'shop-failed');
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/backups' });
    const { page } = session;
    const names = page.getByRole('rowheader').getByRole('link');
    const shows = (expected: readonly string[]): Promise<void> =>
      expect.poll(() => names.allTextContents(), PATIENCE).toEqual(expected);

    await shows(['shop-failed', 'shop-weekly', 'stock-weekly', 'shop-long-ago']);
    await session.shoot('backups');
    await session.choose(/Filter by instance/, 'shop');
    await shows(['shop-failed', 'shop-weekly', 'shop-long-ago']);
    await session.choose(/Filter by status/, 'Completed');
    await shows(['shop-weekly', 'shop-long-ago']);
    await page.getByRole('button', { name: /Filter by start/ }).click();
    await page.getByRole('radio', { name: /hour/ }).check();
    await session.shoot('backups-filter-by-start');
    await page.getByRole('button', { name: 'Apply' }).click();
    await shows(['shop-weekly']);
    await session.choose(/Filter by engine/, 'SQLite');
    await session.choose(/Filter by type/, 'Manual');
    await page.getByRole('searchbox', { name: 'Find a backup by name' }).fill('weekly');
    await page.getByText('1 match', { exact: true }).first().waitFor();
    await session.shoot('backups-filtered');

    await page.reload();
    await shows(['shop-weekly']);
    await session.choose(/Filter by type/, 'Automated');
    await page.getByText('No backup meets the filters.').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).last().click();
    await shows(['shop-failed', 'shop-weekly', 'stock-weekly', 'shop-long-ago']);
    expect([...new URL(page.url()).searchParams.keys()].sort()).toEqual(['project', 'region']);
    expect(session.faults).toEqual([]);
  });

  test('says why a backup has failed, in words that can be copied', async () => {
    await using app = await TestApp.start();
    const shop = await app.registerSample('shop');
    const { code, message } = await failBackup(app, shop, 'not-good');
    await using session = await ConsoleSession.open(
      browser,
      { url: app.url, path: '/backups' },
      { permissions: ['clipboard-read', 'clipboard-write'] },
    );
    const { page, dialog } = session;

    await session.row('not-good').getByRole('button', { name: 'Failed' }).click();
    await dialog.getByText(message).waitFor();
    await session.shoot('backups-failure');
    await dialog.getByRole('button', { name: 'Copy details' }).click();

    await page.getByText('Details copied').waitFor();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toContain(code);
    expect(copied).toContain(message);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'not-good' }).click();
    await dialog.getByText(message).waitFor();
    await session.shoot('backup-details-failed');
    expect(session.faults).toEqual([]);
  });

  test('shows a backup as its address says, and goes back as browsers do', async () => {
    await using app = await TestApp.start();
    const { id } = await app.takeBackup(await app.registerSample('shop'), 'first');
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/backups' });
    const { page, dialog } = session;

    await page.getByRole('link', { name: 'first', exact: true }).click();
    await dialog.getByText('Backup first').waitFor();
    await session.shoot('backup-details');
    expect(new URL(page.url()).searchParams.get('backup')).toBe(id);
    await page.reload();
    await dialog.getByText('Backup first').waitFor();
    await page.goBack();

    await dialog.waitFor({ state: 'detached' });
    await session.row('first').waitFor();
    expect(session.faults).toEqual([]);
  });

  test('turns the pages of ten thousand backups, and finds one among them', async () => {
    await using dir = await TempDir.create();
    {
      await using app = await TestApp.start({ dir });
      await app.takeBackup(await app.registerSample('shop'), 'first');
    }
    // They are spread over five projects.
    await fillCatalog(dir.join('data', 'catalog.sqlite'), 50_000);
    await using app = await TestApp.start({ dir });
    await using session = await ConsoleSession.open(browser, {
      url: app.url,
      path: '/backups?region=local&project=project-3',
    });
    const { page } = session;
    const names = page.getByRole('rowheader').getByRole('link');

    await page.getByText('(10,000)').waitFor();
    await expect.poll(() => names.allTextContents(), PATIENCE).toEqual(toNewest(49_998));
    await page.getByRole('button', { name: 'Next page' }).click();
    await expect.poll(() => names.allTextContents(), PATIENCE).toEqual(toNewest(49_898));
    await session.shoot('backups-of-ten-thousand');
    await page.getByRole('button', { name: 'Previous page' }).click();
    await expect.poll(() => names.allTextContents(), PATIENCE).toEqual(toNewest(49_998));
    await page.getByRole('searchbox', { name: 'Find a backup by name' }).fill('nightly-12343');
    await expect.poll(() => names.allTextContents(), PATIENCE).toEqual(['nightly-12343']);
    expect(session.faults).toEqual([]);
  });
});

/** A page of a project that has each fifth backup, from the newest of its own on. */
function toNewest(number: number): string[] {
  return Array.from({ length: 20 }, (_, index) => `nightly-${(number - 5 * index).toString()}`);
}

/** As if it had been created two days earlier. */
async function beginEarlier(app: TestApp, name: string): Promise<void> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  await catalog.exec(`UPDATE backups SET started_at = started_at - 2 * 86400000 WHERE name = '${name}'`);
}

/** A backup of a file that has been damaged meanwhile. */
async function failBackup(
  app: TestApp,
  instanceId: string,
  name: string,
): Promise<{ readonly code: string; readonly message: string }> {
  await writeFile(app.dir.join('shop.db'), 'no longer a database');
  const { failure } = await app.takeBackup(instanceId, name);
  if (failure === null) throw new Error('a backup of a damaged file has not failed');
  return failure;
}
