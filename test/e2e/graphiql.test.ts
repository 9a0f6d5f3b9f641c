import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('GraphiQL', { timeout: 120_000 }, () => {
  test('offers ready-made operations in tabs, and loads nothing from elsewhere', async () => {
    await using app = await TestApp.start();
    await using session = await openGraphiql(app);
    const { page, foreign } = session;

    const tabs = page.locator('.graphiql-tab-button');
    await expect.poll(() => tabs.count()).toBe(9);
    expect(await tabs.allTextContents()).toEqual([
      'Instances',
      'RegisterInstance',
      'CreateBackup',
      'CancelBackup',
      'RestoreBackup',
      'VerifyBackup',
      'WatchStatus',
      'WatchProgress',
      'Backups',
    ]);

    const run = async (): Promise<string | null> => {
      await page.locator('.graphiql-execute-button').click();
      return page.locator('.result-window').textContent();
    };
    await expect.poll(run, { timeout: 60_000 }).toContain('totalCount');
    expect(foreign).toEqual([]);
  });

  test('streams the status of an instance while its backup is taken', async () => {
    await using app = await TestApp.start();
    const instanceId = await app.registerSample('shop');
    await using session = await openGraphiql(app);
    const { page } = session;

    // A click that comes before GraphiQL has set itself up is lost: each is repeated until it shows.
    const watchTab = page.locator('.graphiql-tab-button', { hasText: 'WatchStatus' });
    const openTab = async (): Promise<string | null> => {
      await watchTab.click();
      return page.locator('.graphiql-query-editor').textContent();
    };
    await expect.poll(openTab, { timeout: 60_000 }).toContain('WatchStatus');
    const execute = page.locator('.graphiql-execute-button');
    const run = async (): Promise<string | null> => {
      const label = await execute.getAttribute('aria-label');
      if (label?.startsWith('Execute') === true) await execute.click();
      return label;
    };
    await expect.poll(run, { timeout: 60_000 }).toContain('Stop');
    await app.takeBackup(instanceId, 'seen-live');

    await page.locator('.result-window', { hasText: 'Backup seen-live is completed.' }).waitFor();
  });
});

interface GraphiqlSession extends AsyncDisposable {
  readonly page: Page;
  /** URLs that the page has asked for from any other host. */
  readonly foreign: readonly string[];
}

async function openGraphiql(app: TestApp): Promise<GraphiqlSession> {
  const browser = await launchBrowser();
  const page = await browser.newPage();
  const foreign: string[] = [];
  page.on('request', (request) => {
    if (!new RegExp(`^(${app.url}|blob:|data:)`).test(request.url())) foreign.push(request.url());
  });
  await page.goto(`${app.url}/graphiql`);
  return { page, foreign, [Symbol.asyncDispose]: () => browser.close() };
}
