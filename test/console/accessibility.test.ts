import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession, PATIENCE } from '../support/console-session.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('The console is open to everybody', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test.each(['light', 'dark'] as const)('on every page and in its dialogs, with %s colours', async (colorScheme) => {
    await using app = await TestApp.start();
    await app.takeBackup(await app.registerSample('shop'), 'first');
    await using session = await ConsoleSession.open(browser, app, { colorScheme });
    const { page, dialog } = session;

    await session.row('shop').waitFor();
    expect(await session.findSeriousIssues()).toEqual([]);
    await session.chooseAction('shop', 'Create Backup');
    await session.shoot(`create-backup-${colorScheme}`);
    expect(await session.findSeriousIssues()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Register Instance' }).click();
    await dialog.getByRole('textbox', { name: /name/i }).first().waitFor();
    await session.shoot(`register-instance-${colorScheme}`);
    expect(await session.findSeriousIssues()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'shop', exact: true }).click();
    await page.getByText('shop.db').first().waitFor();
    await session.shoot(`instance-${colorScheme}`);
    expect(await session.findSeriousIssues()).toEqual([]);
    await page.getByRole('tab', { name: 'Backups & Restorations' }).click();
    await session.row('first').waitFor();
    expect(await session.findSeriousIssues()).toEqual([]);
    await page.getByRole('link', { name: 'Backup Management' }).click();
    await session.row('first').getByText('Completed').waitFor();
    await session.shoot(`backups-${colorScheme}`);
    expect(await session.findSeriousIssues()).toEqual([]);
    for (const action of ['Restore', 'Verify', 'Download', 'Delete']) {
      await session.chooseAction('first', action);
      await dialog.waitFor();
      expect(await session.findSeriousIssues(), action).toEqual([]);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
    await page.getByRole('link', { name: 'first', exact: true }).click();
    await dialog.waitFor();
    await session.shoot(`backup-details-${colorScheme}`);
    expect(await session.findSeriousIssues()).toEqual([]);
    expect(session.faults).toEqual([]);
  });

  test('on a telephone: no page is wider than its screen', async () => {
    await using app = await TestApp.start();
    const instanceId = await app.registerSample('shop');
    await app.takeBackup(instanceId, 'first');

    for (const path of ['/instances', `/instances/${instanceId}`, `/instances/${instanceId}?tab=backups`, '/backups']) {
      await using session = await ConsoleSession.open(
        browser,
        { url: app.url, path },
        { viewport: { width: 360, height: 740 } },
      );
      await session.page.getByText('shop').first().waitFor();
      const width = await session.page.evaluate<number>('document.scrollingElement.scrollWidth');
      await session.shoot(`telephone${path.replace(instanceId, 'id').replaceAll(/[/?=]/g, '-')}`);
      expect(width, path).toBeLessThanOrEqual(360);
      expect(session.faults).toEqual([]);
    }
  });

  test('by keyboard alone: a backup is created from its row', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop');
    await using session = await ConsoleSession.open(browser, app);
    const { page, dialog } = session;

    await session.row('shop').getByRole('button', { name: /More/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Create Backup' }).waitFor();
    await page.keyboard.press('Enter');
    const name = dialog.getByRole('textbox', { name: 'Backup name' });
    await expect
      .poll(() => name.evaluate((element) => element === element.ownerDocument.activeElement), PATIENCE)
      .toBe(true);
    await page.keyboard.press('Control+a');
    await page.keyboard.type('by-keyboard');
    await page.keyboard.press('Enter');

    await session.notice('Backup by-keyboard of shop is completed.').waitFor();
    expect(session.faults).toEqual([]);
  });
});
