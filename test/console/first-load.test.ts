import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession } from '../support/console-session.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

/** Most that the scripts of a first load may weigh, compressed. */
const MAX_SCRIPT_BYTES = 500_000;

const PASSWORD = 'never-to-be-shown';

describe.skipIf(!hasBrowser)('The browser is given', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('little to load at first, and nothing of it from elsewhere', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop');
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/livez' });
    const { page } = session;
    const sizes: Promise<number>[] = [];
    page.on('requestfinished', (request) => {
      if (request.resourceType() !== 'script') return;
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });

    await page.goto(app.url);
    await session.row('shop').waitFor();

    const scriptBytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(scriptBytes).toBeGreaterThan(0);
    expect(scriptBytes).toBeLessThanOrEqual(MAX_SCRIPT_BYTES);
    expect(session.faults).toEqual([]);
  });

  test('no password of an instance, on no page', async () => {
    await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
    await app.takeBackup(await app.register('shop', `fake://operator:${PASSWORD}@db1`), 'first');
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/livez' });
    const { page, dialog } = session;
    const received = await recordAll(page);

    await page.goto(app.url);
    await session.chooseAction('shop', 'Edit');
    await dialog.getByText('fake://db1').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'shop', exact: true }).click();
    await page.getByRole('tab', { name: 'Backups & Restorations' }).click();
    await session.row('first').waitFor();
    await page.getByRole('link', { name: 'Backup Management' }).click();
    await session.row('first').waitFor();

    // What the server was asked for was seen here, so that a password would have been, too.
    expect(received.some((text) => text.includes('fake://db1'))).toBe(true);
    expect(received.filter((text) => text.includes(PASSWORD))).toEqual([]);
    expect(session.faults).toEqual([]);
  });
});

/** All that the page is given from now on: bodies of answers, and messages of its sockets. */
async function recordAll(page: Page): Promise<readonly string[]> {
  const received: string[] = [];
  page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => received.push(payload.toString()));
  });
  await page.route('**/*', async (route) => {
    const response = await route.fetch();
    received.push(await response.text());
    await route.fulfill({ response });
  });
  return received;
}
