import { randomBytes } from 'node:crypto';
import type { Browser, Locator, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession } from '../support/console-session.js';
import { FakeEngine } from '../support/fake-engine.js';
import { Hold } from '../support/hold.js';
import { TestApp } from '../support/test-app.js';

/** Longer than the page waits at most before it reads anything again. */
const QUIET_MS = 2000;

/** Resolves once all that the page has asked is answered, and it asks nothing more. */
async function untilQuiet(page: Page): Promise<void> {
  const open = new Set<Request>();
  let lastAt = performance.now();
  const heed = (request: Request, isOpen: boolean): void => {
    open[isOpen ? 'add' : 'delete'](request);
    lastAt = performance.now();
  };
  page.on('request', (request) => {
    heed(request, true);
  });
  page.on('requestfinished', (request) => {
    heed(request, false);
  });
  page.on('requestfailed', (request) => {
    heed(request, false);
  });
  const isQuiet = (): boolean => open.size === 0 && performance.now() - lastAt > QUIET_MS;
  await expect.poll(isQuiet, { timeout: 60_000 }).toBe(true);
}

/** What the eye sees; what a screen reader is told is written beside it, a little later. */
function percentOf(session: ConsoleSession, percent: string): Locator {
  return session.row('watched').getByText(percent).filter({ visible: true });
}

describe.skipIf(!hasBrowser)('In the console the progress of a backup', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('comes to the screen by the subscription alone: nothing is read again for it', async () => {
    const steps = [new Hold(), new Hold()];
    const engine = new FakeEngine();
    engine.databases = [{ name: 'main', sizeBytes: 10_000, system: false }];
    engine.script = ({ signal }) => ({
      content: (async function* (): AsyncGenerator<Buffer> {
        for (const step of steps) {
          yield randomBytes(4000);
          await step.pass(signal);
        }
        yield randomBytes(2000);
      })(),
    });
    await using app = await TestApp.start({ overrides: { engines: [engine] } });
    const instanceId = await app.register('shop', 'fake://db1');
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/backups' });
    await app.beginBackup(instanceId, 'watched');
    // Storing is one of two passes over the bytes.
    await percentOf(session, '20%').waitFor();
    // What the new backup has made the page read is read.
    await untilQuiet(session.page);
    const requests: string[] = [];
    session.page.on('request', (request) => {
      if (request.method() === 'POST') requests.push(request.postData() ?? '');
    });

    steps[0]?.release();
    await percentOf(session, '40%').waitFor();

    expect(requests).toEqual([]);
    steps[1]?.release();
    await session.row('watched').getByText('Completed').waitFor();
    expect(session.faults).toEqual([]);
  });
});
