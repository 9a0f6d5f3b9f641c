import { copyFile } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession, PATIENCE } from '../support/console-session.js';
import { createSampleDatabase } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('Instance Management', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('registers an instance once it answers, and says at its URL why it does not', async () => {
    await using app = await TestApp.start();
    await createSampleDatabase(app.dir.join('shop.db'));
    await using session = await ConsoleSession.open(browser, app);
    const { page, dialog } = session;

    await page.getByRole('button', { name: 'Register Instance' }).first().click();
    const register = dialog.getByRole('button', { name: 'Register', exact: true });
    expect(await register.isDisabled()).toBe(true);
    await dialog.getByRole('textbox', { name: 'Name' }).fill('shop');
    const url = dialog.getByRole('textbox', { name: 'URL' });
    await url.fill(`sqlite:${app.dir.join('shpo.db')}`);
    await register.click();

    await expect.poll(() => url.getAttribute('aria-invalid'), PATIENCE).toBe('true');
    expect(await dialog.textContent()).toContain(app.dir.join('shpo.db'));
    expect(await dialog.getByText('INSTANCE_UNREACHABLE').count()).toBe(0);
    await session.shoot('register-instance-unreachable');
    await url.fill(`sqlite:${app.dir.join('shop.db')}`);
    await register.click();

    await dialog.waitFor({ state: 'detached' });
    await session.notice('Instance shop is registered.').waitFor();
    await session.row('shop').getByText('Available').waitFor();
    await session.shoot('instances-registered');
    expect(session.faults).toEqual([]);
  });

  test('hides a URL as soon as it may hold a password, and shows it to who asks for that', async () => {
    await using app = await TestApp.start();
    await using session = await ConsoleSession.open(browser, app);
    const { page, dialog } = session;
    await page.getByRole('button', { name: 'Register Instance' }).first().click();
    const url = dialog.getByLabel('URL', { exact: true }).and(page.locator('input:not([type=checkbox])'));
    const show = dialog.getByRole('checkbox', { name: 'Show' });

    await url.click();
    await page.keyboard.type('sqlite:/srv/shop.db');
    expect(await url.getAttribute('type')).toBe('text');
    expect(await show.count()).toBe(0);
    await page.keyboard.press('Control+a');
    // Key by key: the field keeps the focus when it begins to hide what is typed.
    await page.keyboard.type('postgresql://operator:secret@db1');
    expect(await url.getAttribute('type')).toBe('password');
    expect(await url.inputValue()).toBe('postgresql://operator:secret@db1');
    await session.shoot('register-instance-hidden');
    await show.check();

    expect(await url.getAttribute('type')).toBe('text');
    expect(session.faults).toEqual([]);
  });

  test('finds, sorts and turns the pages of many, and keeps how they are shown', async () => {
    await using app = await TestApp.start();
    await registerMany(app, 25);
    await using session = await ConsoleSession.open(browser, app);
    const { page } = session;
    const names = page.getByRole('rowheader').getByRole('link');

    await expect.poll(() => names.count(), PATIENCE).toBe(20);
    await page.getByText('(25)').waitFor();
    await page.getByRole('button', { name: 'Next page' }).click();
    await expect.poll(() => names.allTextContents(), PATIENCE).toEqual(toNames([21, 22, 23, 24, 25]));
    await session.shoot('instances-second-page');

    // By key: where the header sticks, a copy of it lies on the one that screen readers know. Another order has a first page of its own.
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').press('Enter');
    await expect.poll(() => names.first().textContent(), PATIENCE).toBe('shop-25');
    await page.getByRole('searchbox', { name: 'Find an instance by name' }).fill('shop-1');
    await expect
      .poll(() => names.allTextContents(), PATIENCE)
      .toEqual(toNames([19, 18, 17, 16, 15, 14, 13, 12, 11, 10]));
    await page.getByText('10 matches').first().waitFor();
    await session.choose(/Filter by status/, 'Backing up');
    await page.getByText('No instance meets the filter.').waitFor();
    await session.shoot('instances-no-match');

    await page.getByRole('button', { name: 'Clear filter' }).click();
    await page.getByRole('button', { name: 'Preferences' }).click();
    await page.getByRole('radio', { name: '10 a page' }).check();
    await session.shoot('preferences');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await expect.poll(() => names.count(), PATIENCE).toBe(10);
    await page.reload();
    await expect.poll(() => names.count(), PATIENCE).toBe(10);
    // The order is the URL's.
    expect(await names.first().textContent()).toBe('shop-25');
    expect(session.faults).toEqual([]);
  });

  test('is of the region and the project that its URL says, and that one chooses', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop');
    await app.register('depot', `sqlite:${app.dir.join('shop.db')}`, { region: 'north', project: 'stock' });
    await app.register('fleet', `sqlite:${app.dir.join('shop.db')}`, { region: 'north', project: 'transport' });
    await using session = await ConsoleSession.open(browser, {
      url: app.url,
      path: '/instances?region=north&project=stock',
    });
    const { page } = session;

    await session.row('depot').waitFor();
    await page.getByRole('button', { name: 'Project: stock' }).click();
    await session.shoot('projects');
    await page.getByRole('menuitemcheckbox', { name: 'transport' }).click();
    await session.row('fleet').waitFor();
    expect(await session.row('depot').count()).toBe(0);
    await page.getByRole('button', { name: 'Region: north' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'local' }).click();

    await session.row('shop').waitFor();
    expect(await session.row('fleet').count()).toBe(0);
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ region: 'local', project: 'default' });
    await page.getByRole('link', { name: 'Backup Management' }).click();
    await page.getByText('No backups').waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({ region: 'local', project: 'default' });
    expect(session.faults).toEqual([]);
  });

  test('changes the name of an instance, unless another has it', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop');
    await app.registerSample('stock');
    await using session = await ConsoleSession.open(browser, app);
    const { dialog } = session;

    await session.chooseAction('shop', 'Edit');
    const name = dialog.getByRole('textbox', { name: 'Name' });
    const save = dialog.getByRole('button', { name: 'Save' });
    expect(await save.isDisabled()).toBe(true);
    await name.fill('stock');
    await save.click();
    await expect.poll(() => name.getAttribute('aria-invalid'), PATIENCE).toBe('true');
    await session.shoot('edit-instance-taken');
    await name.fill('store');
    await save.click();

    await session.notice('Instance store is changed.').waitFor();
    await session.row('store').waitFor();
    expect(await session.row('shop').getByRole('link', { name: 'shop', exact: true }).count()).toBe(0);
    expect(session.faults).toEqual([]);
  });
});

/** Instances `shop-1`, … with as many digits as the last one has. */
async function registerMany(app: TestApp, count: number): Promise<void> {
  const sample = app.dir.join('sample.db');
  await createSampleDatabase(sample);
  for (const name of toNames(Array.from({ length: count }, (_, index) => index + 1))) {
    await copyFile(sample, app.dir.join(`${name}.db`));
    await app.register(name, `sqlite:${app.dir.join(`${name}.db`)}`);
  }
}

function toNames(numbers: readonly number[]): string[] {
  return numbers.map((number) => `shop-${number.toString().padStart(2, '0')}`);
}
