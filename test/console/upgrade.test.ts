import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession } from '../support/console-session.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('A page of the console whose files the server has no more', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('is loaded anew once, then says so, and keeps the way to other pages', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop');
    await using session = await ConsoleSession.open(browser, app);
    const { page } = session;
    await session.row('shop').waitFor();
    let loads = 0;
    page.on('domcontentloaded', () => (loads += 1));
    await page.route(/backups-page-.*\.js$/, (route) => route.fulfill({ status: 404 }));

    await page.getByRole('link', { name: 'Backup Management' }).click();

    await page.getByText('This page cannot be shown').waitFor();
    await session.shoot('page-broken');
    expect(loads).toBe(1);
    await page.goBack();
    await session.row('shop').waitFor();
  });
});
