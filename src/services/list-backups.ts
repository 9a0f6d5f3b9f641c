import type { BackupFilter, BackupPageRequest, BackupReader, Catalog } from '../catalog/catalog.js';
import type { VerificationReader } from '../catalog/verifications.js';
import type { Backup, BackupDatabase } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import type { Page } from '../domain/page.js';
import type { Verification } from '../domain/verification.js';

/** What callers may see of backups. The methods that take many ids read them all in one statement. */
export class ListBackups {
  readonly #backups: BackupReader;
  readonly #verifications: VerificationReader;

  constructor(catalog: Catalog) {
    this.#backups = catalog.backups;
    this.#verifications = catalog.verifications;
  }

  async findMany(_caller: Caller, ids: readonly string[]): Promise<readonly (Backup | null)[]> {
    return this.#backups.findMany(ids);
  }

  /** @throws DomainError BAD_USER_INPUT on a foreign cursor */
  async list(_caller: Caller, request: BackupPageRequest): Promise<Page<Backup>> {
    return this.#backups.list(request);
  }

  async count(_caller: Caller, filter: BackupFilter): Promise<number> {
    return this.#backups.count(filter);
  }

  /** The same page of each instance. @throws DomainError BAD_USER_INPUT on a foreign cursor */
  async listByInstance(
    _caller: Caller,
    instanceIds: readonly string[],
    request: BackupPageRequest,
  ): Promise<readonly Page<Backup>[]> {
    return this.#backups.listByInstance(instanceIds, request);
  }

  async countByInstance(
    _caller: Caller,
    instanceIds: readonly string[],
    filter: BackupFilter,
  ): Promise<readonly number[]> {
    return this.#backups.countByInstance(instanceIds, filter);
  }

  /** The BUILDING backup of each instance; null where there is none. */
  async findActive(_caller: Caller, instanceIds: readonly string[]): Promise<readonly (Backup | null)[]> {
    return this.#backups.findActive(instanceIds);
  }

  async findDatabases(_caller: Caller, backupIds: readonly string[]): Promise<readonly (readonly BackupDatabase[])[]> {
    return this.#backups.findDatabases(backupIds);
  }

  /** The newest verification of each backup; null where none was asked for since it was taken. */
  async findVerifications(_caller: Caller, backupIds: readonly string[]): Promise<readonly (Verification | null)[]> {
    return this.#verifications.findMany(backupIds);
  }
}
