import type { Browser, WebSocketRoute } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, launchBrowser } from '../support/browser.js';
import { ConsoleSession } from '../support/console-session.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteHolder } from '../support/sqlite-holder.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasBrowser)('The console stays true', { timeout: 120_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  test('over a restart of the server: it says so at once, comes back alone, and tells what has ended meanwhile', async () => {
    await using dir = await TempDir.create();
    const first = await TestApp.start({ dir, env: { SHUTDOWN_GRACE: '1s' } });
    const instanceId = await first.registerSample('shop');
    const holder = await SqliteHolder.start(dir.join('shop.db'), 'BEGIN EXCLUSIVE');
    await using session = await ConsoleSession.open(browser, first);
    const { page } = session;
    await page.evaluate('window.isSamePage = true');
    await session.createBackup('shop', 'over-a-restart');
    await session.row('shop').getByText('Backing up').first().waitFor();

    const { port } = new URL(first.url);
    await first[Symbol.asyncDispose]();
    await page.getByText('The connection to the server is lost').waitFor();
    await session.shoot('connection-lost');
    await holder[Symbol.asyncDispose]();
    await using second = await TestApp.start({ dir, env: { PORT: port } });

    await page.getByText('The connection to the server is lost').waitFor({ state: 'detached' });
    await session.row('shop').getByText('Available').waitFor();
    await session.notice('Backup over-a-restart of shop has failed.').waitFor();
    await session.shoot('connection-back');
    // Live again, not only read again.
    await second.beginBackup(instanceId, 'after-the-restart');
    await session.row('shop').getByRole('link', { name: 'after-the-restart' }).waitFor();
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    expect(session.faults).toEqual([]);
  });

  test('while others work: what they register, back up and delete comes and goes by itself', async () => {
    await using app = await TestApp.start();
    await using session = await ConsoleSession.open(browser, app);
    const { page } = session;
    await page.getByText('No instances').first().waitFor();
    await session.shoot('instances-empty');

    const instanceId = await app.registerSample('orders');
    await session.row('orders').waitFor();
    const backup = await app.takeBackup(instanceId, 'by-another');
    await session.row('orders').getByRole('link', { name: 'by-another' }).waitFor();

    await page.getByRole('link', { name: 'Backup Management' }).click();
    await session.row('by-another').getByText('Completed').waitFor();
    await app.graphql('mutation ($ids: [ID!]!) { deleteBackup(input: { ids: $ids }) { results { backupId } } }', {
      ids: [backup.id],
    });
    await session.row('by-another').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Instance Management' }).click();
    await app.graphql('mutation ($id: ID!) { deleteInstance(input: { instanceId: $id }) { deletedInstanceId } }', {
      id: instanceId,
    });
    await session.row('orders').waitFor({ state: 'detached' });
    expect(session.faults).toEqual([]);
  });

  test('in a second window, which shows the same at the same time', async () => {
    const engine = new FakeEngine();
    const hold = engine.hold();
    await using app = await TestApp.start({ overrides: { engines: [engine] } });
    await app.register('shop', 'fake://db1');
    await using one = await ConsoleSession.open(browser, app);
    await using other = await ConsoleSession.open(browser, app);

    await one.createBackup('shop', 'seen-twice');

    for (const session of [one, other]) await session.row('shop').getByText('Backing up').first().waitFor();
    hold.release();
    for (const session of [one, other]) await session.row('shop').getByText('Available').waitFor();
    await one.notice('Backup seen-twice of shop is completed.').waitFor();
    expect(await other.notice('Backup seen-twice of shop is completed.').count()).toBe(0);
    expect([...one.faults, ...other.faults]).toEqual([]);
  });

  test('after a close that says not to come back: a new connection is made all the same', async () => {
    await using app = await TestApp.start();
    const instanceId = await app.registerSample('shop');
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/livez' });
    const { page } = session;
    const sockets: WebSocketRoute[] = [];
    await page.routeWebSocket(/graphql$/, (socket) => {
      socket.connectToServer();
      sockets.push(socket);
    });
    await page.goto(app.url);
    await session.row('shop').getByText('Available').waitFor();

    await sockets[0]!.close({ code: 1011, reason: 'as a proxy does' });

    await page.getByText('The connection to the server is lost').waitFor();
    await page.getByText('The connection to the server is lost').waitFor({ state: 'detached' });
    await app.takeBackup(instanceId, 'afterwards');
    await session.row('shop').getByRole('link', { name: 'afterwards' }).waitFor();
    expect(sockets.length).toBe(2);
  });

  test('of another version than the server: it asks to be loaded again, and does not storm the server', async () => {
    await using app = await TestApp.start();
    await app.registerSample('shop');
    await using session = await ConsoleSession.open(browser, { url: app.url, path: '/livez' });
    const { page } = session;
    let connections = 0;
    await page.routeWebSocket(/graphql$/, (socket) => {
      connections += 1;
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        server.send(message.toString().replaceAll('recordDeleted', 'recordVanished'));
      });
    });
    await page.goto(app.url);

    await page.getByText('The server is of another version than this page').waitFor();
    await session.shoot('page-outdated');
    await session.row('shop').getByText('Available').waitFor();
    expect(connections).toBe(1);
  });
});
