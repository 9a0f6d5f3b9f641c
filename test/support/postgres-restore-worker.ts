import { createPostgresqlEngine } from './postgres-engine.js';
import { toLoad } from './restores.js';
import type { TakenDump } from './restores.js';

/** What a process of its own is to do, so that it can be killed. */
export interface RestoreOrder {
  readonly url: string;
  readonly database: string;
  readonly stagingId: string;
  readonly scratchDir: string;
  readonly dump: Omit<TakenDump, 'bytes'> & { readonly base64: string };
  readonly step: 'stage' | 'commit';
}

process.once('message', (order: RestoreOrder) => {
  void (async (): Promise<void> => {
    const target = { ...order, overwrite: true, signal: new AbortController().signal };
    const engine = createPostgresqlEngine();
    const dump = { ...order.dump, bytes: Buffer.from(order.dump.base64, 'base64') };
    if (order.step === 'stage') await engine.stageRestore(target, toLoad(dump));
    else await engine.commitRestore(target);
    process.disconnect();
  })();
});
process.send?.('ready');
