import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Catalog } from '../catalog/catalog.js';
import { BackupStatus } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import { InstanceStatus } from '../domain/instance.js';

interface MetricsSources {
  readonly catalog: Catalog;
  readonly runningCount: () => number;
  readonly subscriberCount: () => number;
}

/** Prometheus metrics of one server. Event-loop lag and the process's own figures are among the default ones. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #duration: Histogram<'engine' | 'status'>;
  readonly #sizeBytes: Histogram<'engine'>;
  readonly #storedBytes: Histogram<'engine'>;

  constructor(sources: MetricsSources) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#duration = new Histogram({
      name: 'rds_backup_duration_seconds',
      help: 'Time from createBackup to the end of backups that ended on this server',
      labelNames: ['engine', 'status'],
      buckets: [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200],
      registers,
    });
    const byteBuckets = { start: 1024 * 1024, factor: 8, count: 8 };
    const bytes = (name: string, help: string): Histogram<'engine'> =>
      new Histogram({ name, help, labelNames: ['engine'], buckets: toBuckets(byteBuckets), registers });
    this.#sizeBytes = bytes('rds_backup_size_bytes', 'Bytes before compression of backups completed on this server');
    this.#storedBytes = bytes('rds_backup_stored_bytes', 'Bytes in the store of backups completed on this server');
    addGauges(sources, registers);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async render(): Promise<string> {
    return this.#registry.metrics();
  }

  /** Counts a backup that has just ended on this server. */
  observeEnded(backup: Backup): void {
    const { engine, status, startedAt, completedAt, sizeBytes, storedBytes } = backup;
    if (completedAt === null) return;
    this.#duration.observe({ engine, status }, (completedAt.getTime() - startedAt.getTime()) / 1000);
    if (sizeBytes !== null) this.#sizeBytes.observe({ engine }, sizeBytes);
    if (storedBytes !== null) this.#storedBytes.observe({ engine }, storedBytes);
  }
}

/** Read when they are scraped. */
function addGauges({ catalog, runningCount, subscriberCount }: MetricsSources, registers: Registry[]): void {
  new Gauge({
    name: 'rds_backups',
    help: 'Backups in the catalog, by status',
    labelNames: ['status'],
    registers,
    async collect() {
      const counts = await catalog.backups.countByStatus();
      for (const status of Object.values(BackupStatus)) this.set({ status }, counts.get(status) ?? 0);
    },
  });
  new Gauge({
    name: 'rds_instances',
    help: 'Instances in the catalog, by status',
    labelNames: ['status'],
    registers,
    async collect() {
      const counts = await catalog.instances.countByStatus();
      for (const status of Object.values(InstanceStatus)) this.set({ status }, counts.get(status) ?? 0);
    },
  });
  new Gauge({
    name: 'rds_backups_running',
    help: 'Backups that this server is working on',
    registers,
    collect() {
      this.set(runningCount());
    },
  });
  new Gauge({
    name: 'rds_subscribers',
    help: 'Subscriptions open on this server',
    registers,
    collect() {
      this.set(subscriberCount());
    },
  });
}

function toBuckets({ start, factor, count }: { start: number; factor: number; count: number }): number[] {
  return Array.from({ length: count }, (_, index) => start * factor ** index);
}
