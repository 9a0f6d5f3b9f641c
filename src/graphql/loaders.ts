import DataLoader from 'dataloader';
import type { BackupFilter, BackupPageRequest } from '../catalog/catalog.js';
import type { Backup, BackupDatabase } from '../domain/backup.js';
import type { BackupPolicy } from '../domain/backup-policy.js';
import type { Caller } from '../domain/caller.js';
import type { Instance } from '../domain/instance.js';
import type { Page } from '../domain/page.js';
import type { Restore } from '../domain/restore.js';
import type { Verification } from '../domain/verification.js';
import type { ListBackups } from '../services/list-backups.js';
import type { ListInstances } from '../services/list-instances.js';
import type { ListRestores } from '../services/list-restores.js';

interface LoaderServices {
  readonly listInstances: ListInstances;
  readonly listBackups: ListBackups;
  readonly listRestores: ListRestores;
}

/** Gathers what the items of a page each ask for into one statement a field: a page's length costs no statements. */
export class Loaders {
  readonly instance: DataLoader<string, Instance | null>;
  readonly backupPolicy: DataLoader<string, BackupPolicy | null>;
  readonly backup: DataLoader<string, Backup | null>;
  readonly activeBackup: DataLoader<string, Backup | null>;
  readonly databases: DataLoader<string, readonly BackupDatabase[]>;
  readonly verification: DataLoader<string, Verification | null>;
  readonly activeRestore: DataLoader<string, Restore | null>;
  readonly #pages = new Map<string, DataLoader<string, Page<Backup>>>();
  readonly #counts = new Map<string, DataLoader<string, number>>();
  readonly #services: LoaderServices;
  readonly #caller: Caller;
  readonly #options: { readonly cache: boolean };

  /**
   * @param isLongLived true for a subscription: its loaders outlive their answers, so they batch and do not remember
   */
  constructor(services: LoaderServices, caller: Caller, isLongLived: boolean) {
    this.#services = services;
    this.#caller = caller;
    this.#options = { cache: !isLongLived };
    const { listInstances, listBackups, listRestores } = services;
    this.instance = new DataLoader((ids) => listInstances.findMany(caller, ids), this.#options);
    this.backupPolicy = new DataLoader((ids) => listInstances.findPolicies(caller, ids), this.#options);
    this.backup = new DataLoader((ids) => listBackups.findMany(caller, ids), this.#options);
    this.activeBackup = new DataLoader((ids) => listBackups.findActive(caller, ids), this.#options);
    this.databases = new DataLoader((ids) => listBackups.findDatabases(caller, ids), this.#options);
    this.verification = new DataLoader((ids) => listBackups.findVerifications(caller, ids), this.#options);
    this.activeRestore = new DataLoader((ids) => listRestores.findActive(caller, ids), this.#options);
  }

  /** The backups of an instance: one statement for all instances that are asked for the same page. */
  async loadBackups(instanceId: string, request: BackupPageRequest): Promise<Page<Backup>> {
    const { listBackups } = this.#services;
    const loader = getOrAdd(this.#pages, JSON.stringify(request), () => {
      return new DataLoader((ids) => listBackups.listByInstance(this.#caller, ids, request), this.#options);
    });
    return loader.load(instanceId);
  }

  async countBackups(instanceId: string, filter: BackupFilter): Promise<number> {
    const { listBackups } = this.#services;
    const loader = getOrAdd(this.#counts, JSON.stringify(filter), () => {
      return new DataLoader((ids) => listBackups.countByInstance(this.#caller, ids, filter), this.#options);
    });
    return loader.load(instanceId);
  }
}

function getOrAdd<T>(map: Map<string, T>, key: string, create: () => T): T {
  const existing = map.get(key);
  if (existing !== undefined) return existing;
  const created = create();
  map.set(key, created);
  return created;
}
