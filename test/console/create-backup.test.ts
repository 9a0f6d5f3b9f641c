import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BACKUP_NAME } from '../../src/domain/naming.js';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession } from '../support/console-session.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('A backup is created in the console', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('method 1: from the instance list, where the status goes to Backing up and back to Available', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop', { sizeBytes: 80_000_000 });
    await using session = await ConsoleSession.open(browser, app);
    const { page, dialog } = session;
    await page.evaluate('window.isSamePage = true');
    await session.row('shop').getByText('Available').waitFor();
    await session.shoot('instances');
    // What the row shows over time, as a person would see it.
    await page.evaluate(`
      window.seen = [];
      new MutationObserver(() => {
        const row = [...document.querySelectorAll('tbody tr')].find((tr) => tr.textContent.includes('shop'));
        const [status] = /Available|Backing up/.exec(row?.textContent ?? '') ?? [];
        const [percent = ''] = /\\d+%/.exec(row?.textContent ?? '') ?? [];
        const state = [status, percent].join(' ').trim();
        if (window.seen.at(-1) !== state) window.seen.push(state);
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    `);

    await session.chooseAction('shop', 'Create Backup');
    await dialog.getByText('All user databases (1 database').waitFor();
    await dialog.getByRole('textbox', { name: 'Description' }).fill('before 2.4');
    await session.shoot('create-backup');
    const name = await dialog.getByRole('textbox', { name: 'Backup name' }).inputValue();
    await dialog.getByRole('button', { name: 'OK' }).click();

    await session.row('shop').getByText('Backing up').first().waitFor();
    await session.shoot('instances-backing-up');
    await session.notice(`Backup ${name} of shop is completed.`).waitFor({ timeout: 60_000 });
    await session.row('shop').getByText('Available').waitFor();
    const seen = await page.evaluate<string[]>('window.seen');
    expect(
      seen.some((state) => /^Backing up [1-9]/.test(state)),
      seen.join(', '),
    ).toBe(true);
    expect(seen.at(-1)).toBe('Available');
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    expect(name).toMatch(BACKUP_NAME.pattern);
    expect(session.faults).toEqual([]);
  });

  test('method 2: from the page of the instance, of chosen databases', async () => {
    await using app = await TestApp.start();
    await app.registerFolder('shop', ['customers', 'orders', 'stock']);
    await using session = await ConsoleSession.open(browser, app);
    const { page, dialog } = session;

    await page.getByRole('link', { name: 'shop', exact: true }).click();
    await page.getByText('customers.db').waitFor();
    await session.shoot('instance');
    await page.getByRole('tab', { name: 'Backups & Restorations' }).click();
    await page.getByRole('tabpanel').getByRole('button', { name: 'Create Backup' }).first().click();
    await dialog.getByRole('textbox', { name: 'Backup name' }).fill('two-of-three');
    await dialog.getByRole('button', { name: /Target databases/ }).click();
    await page.getByRole('option', { name: /customers/ }).click();
    await page.getByRole('option', { name: /stock/ }).click();
    await dialog.getByRole('textbox', { name: 'Backup name' }).click();
    await dialog.getByRole('button', { name: 'OK' }).click();

    await session.row('two-of-three').getByText('Completed').waitFor();
    await session.shoot('instance-backups');
    const { data } = await app.graphql('{ backups { nodes { databases { name } } } }');
    expect(data.backups.nodes[0].databases.map(({ name }: { name: string }) => name)).toEqual([
      'customers.db',
      'stock.db',
    ]);
    expect(session.faults).toEqual([]);
  });

  test('method 3: from Backup Management, which asks for the instance and says why one is not offered', async () => {
    const engine = new FakeEngine();
    const hold = engine.hold();
    await using app = await TestApp.start({ overrides: { engines: [engine] } });
    await app.registerSample('shop');
    await app.beginBackup(await app.register('busy', 'fake://db1'), 'under-way');
    await hold.reached();
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/backups' });
    const { page, dialog } = session;

    await page.getByRole('button', { name: 'Create Backup' }).click();
    expect(await dialog.getByRole('button', { name: 'OK' }).isDisabled()).toBe(true);
    await dialog.getByRole('button', { name: /^Instance/ }).click();
    const refused = page.getByRole('option', { name: /busy/ });
    expect(await refused.textContent()).toContain('for an available DB instance; this one is Backing up');
    expect(await refused.getAttribute('aria-disabled')).toBe('true');
    await session.shoot('create-backup-instances');
    await page.getByRole('option', { name: /shop/ }).click();
    await dialog.getByRole('textbox', { name: 'Backup name' }).fill('project-wide');
    await dialog.getByRole('button', { name: 'OK' }).click();

    await session.row('project-wide').getByText('Completed').waitFor();
    await session.row('under-way').getByText('Copying databases').waitFor();
    await session.shoot('backups');
    hold.release();
    expect(session.faults).toEqual([]);
  });
});
