import { expect } from 'vitest';
import { listBackups, readPolicy, TestTime } from './backup-policies.js';
import type { PolicyMessage } from './backup-policies.js';
import { auditEvents } from './backup-use.js';
import { FakeEngine } from './fake-engine.js';
import type { TempDir } from './temp-dir.js';
import { TestApp } from './test-app.js';

/** A server with one instance, in a time of its own: a Monday, two hours before the window. */
export class Automated implements AsyncDisposable {
  readonly time = new TestTime('2026-03-02T10:00:00.000Z');
  readonly engine = new FakeEngine();
  app!: TestApp;
  instanceId = '';

  static async start(): Promise<Automated> {
    const automated = new Automated();
    await automated.startServer();
    automated.instanceId = await automated.app.register('shop', 'fake://shop');
    return automated;
  }

  async startServer(dir?: TempDir): Promise<void> {
    const overrides = { engines: [this.engine], ...this.time.overrides };
    this.app = await TestApp.start({ overrides, ...(dir === undefined ? {} : { dir }) });
  }

  async policy(): Promise<PolicyMessage> {
    const policy = await readPolicy(this.app, this.instanceId);
    if (policy === null) throw new Error('there is no policy');
    return policy;
  }

  /** Resolves with the policy once it has missed a window. */
  async missed(): Promise<PolicyMessage> {
    await expect.poll(async () => (await this.policy()).lastMissedAt, { interval: 10 }).not.toBeNull();
    return this.policy();
  }

  async countBackups(): Promise<number> {
    return (await listBackups(this.app, this.instanceId)).length;
  }

  async creations(): Promise<readonly string[]> {
    const events = await auditEvents(this.app, { action: 'CREATE_BACKUP' });
    return events.map(({ caller, outcome, code }) => [caller, outcome, ...(code === null ? [] : [code])].join(' '));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
  }
}
