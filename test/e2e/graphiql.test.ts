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
    await expect.poll(() => tabs.count()).toBe(6);
    expect(await tabs.allTextContents()).toEqual([
      'Instances',
      'RegisterInstance',
      'CreateBackup',
      'WatchStatus',
      'WatchProgress',
      'Backups',
    ]);

    await page.locator('.graphiql-execute-button').click();
    await page.locator('.result-window', { hasText: '"totalCount": 0' }).waitFor();
    expect(foreign).toEqual([]);
  });

  test('streams the status of an instance while its backup is taken', async () => {
    await using app = await TestApp.start();
    const instanceId = await app.registerSample('shop');
    await using session = await openGraphiql(app);
    const { page } = session;

    // A click that comes before GraphiQL has set its editors up changes nothing.
    const watchTab = page.locator('.graphiql-tab-button', { hasText: 'WatchStatus' });
    const editor = page.locator('.graphiql-query-editor');
    const openTab = async (): Promise<string | null> => {
      await watchTab.click();
      return editor.textContent();
    };
    await expect.poll(openTab, { timeout: 60_000 }).toContain('WatchStatus');
    await page.locator('.graphiql-execute-button').click();
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
