import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const CHROMIUM_PATH = process.env.TEST_CHROMIUM ?? '/usr/bin/chromium';

/** Whether the tests that need a browser can run. Pass it to `describe.skipIf(!…)`. */
export const hasBrowser = existsSync(CHROMIUM_PATH);

export const browserFault = hasBrowser
  ? null
  : `There is no Chromium at ${CHROMIUM_PATH} (TEST_CHROMIUM): tests that need it are skipped`;

/** Headless, without the services that would look for hosts beyond this machine. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM_PATH,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
