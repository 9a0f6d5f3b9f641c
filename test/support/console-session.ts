import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import axe from 'axe-core';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';

/** Folder for a picture of each page and dialog that the tests come by; none are made without it. */
const SCREENSHOTS = process.env.TEST_SCREENSHOTS;

/** For `expect.poll`: how long a page may take on a machine that has much else to do. */
export const PATIENCE = { timeout: 20_000 };

const WINDOW = { width: 1440, height: 900 };

/** A browser's window of its own with the console in it. */
export class ConsoleSession implements AsyncDisposable {
  readonly page: Page;
  /** What the page should never do: errors of its scripts, what its policy refuses, requests to other hosts. */
  readonly faults: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('console', (message) => {
      // A server that is away is the subject of some tests, and no fault of the page.
      if (message.type() === 'error' && !/ERR_CONNECTION|ERR_INTERNET|WebSocket connection/.test(message.text())) {
        this.faults.push(message.text());
      }
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(origin) && !/^(data|blob):/.test(request.url())) this.faults.push(request.url());
    });
  }

  /** @param path of the console, with region and project or without */
  static async open(
    browser: Browser,
    at: { readonly url: string; readonly path?: string },
    options: BrowserContextOptions = {},
  ): Promise<ConsoleSession> {
    const context = await browser.newContext({
      viewport: WINDOW,
      reducedMotion: 'reduce',
      timezoneId: 'UTC',
      ...options,
    });
    const session = new ConsoleSession(context, await context.newPage(), at.url);
    await session.page.goto(at.url + (at.path ?? '/'));
    return session;
  }

  /** The one dialog that is open. */
  get dialog(): Locator {
    return this.page.getByRole('dialog').filter({ visible: true });
  }

  /** The row of a table that has this text in it. */
  row(text: string): Locator {
    return this.page.getByRole('row').filter({ hasText: text });
  }

  /** Chooses one of the options of a select. */
  async choose(select: string | RegExp, option: string): Promise<void> {
    await this.page.getByRole('button', { name: select }).click();
    await this.page.getByRole('option', { name: option }).click();
  }

  /** A message at the top of the page. What a screen reader is told of it has other words before. */
  notice(header: string): Locator {
    return this.page.getByText(header, { exact: true });
  }

  /** Chooses from the menu "More" of a row. */
  async chooseAction(row: string, action: string): Promise<void> {
    await this.row(row).getByRole('button', { name: /More/ }).click();
    await this.page.getByRole('menuitem', { name: action, exact: true }).click();
  }

  /** Method 1: from the row of the instance. The dialog is gone once the server has begun. */
  async createBackup(instance: string, name: string): Promise<void> {
    await this.chooseAction(instance, 'Create Backup');
    await this.dialog.getByRole('textbox', { name: 'Backup name' }).fill(name);
    await this.dialog.getByRole('button', { name: 'OK' }).click();
    await this.dialog.waitFor({ state: 'detached' });
  }

  /** Rules of WCAG that the page breaks in a serious or critical way. */
  async findSeriousIssues(): Promise<readonly string[]> {
    // Evaluated by the debugger: the page's policy would refuse a script tag, as it should.
    await this.page.evaluate(axe.source);
    const results = await this.page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
    return results.violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  }

  /** For people to look at. */
  async shoot(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
