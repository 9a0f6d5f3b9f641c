import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { SubscribeResolverData } from 'type-graphql';
import { toPercent } from '../domain/backup.js';
import type { Backup as DomainBackup } from '../domain/backup.js';
import type { Instance as DomainInstance } from '../domain/instance.js';
import { toFirstVerification } from '../domain/verification.js';
import type { CancelBackup } from '../services/cancel-backup.js';
import type { CreateBackup } from '../services/create-backup.js';
import type { DeleteBackups, DeleteResult } from '../services/delete-backups.js';
import type { DownloadLinks } from '../services/download-links.js';
import type { ListBackups } from '../services/list-backups.js';
import type { VerifyBackup } from '../services/verify-backup.js';
import { BackupConnection } from './backup-connection.type.js';
import {
  BackupsArgs,
  CancelBackupInput,
  CancelBackupPayload,
  CreateBackupInput,
  CreateBackupPayload,
  DeleteBackupInput,
  DeleteBackupPayload,
  DeleteBackupResult,
  VerifyBackupInput,
  VerifyBackupPayload,
} from './backup.input.js';
import { Backup, BackupDatabase, BackupFile, BackupProgress, BackupVerification } from './backup.type.js';
import type { GraphQLContext } from './context.js';
import { Instance } from './instance.type.js';
import { listCost } from './page.type.js';
import { toBackupPageRequest } from './requests.js';

interface BackupServices {
  readonly listBackups: ListBackups;
  readonly createBackup: CreateBackup;
  readonly cancelBackup: CancelBackup;
  readonly verifyBackup: VerifyBackup;
  readonly deleteBackups: DeleteBackups;
  readonly downloadLinks: DownloadLinks;
}

interface BackupChangedArgs {
  readonly instanceId?: string | null;
  readonly backupId?: string | null;
}

@Resolver(() => Backup)
export class BackupResolver {
  readonly #services: BackupServices;

  constructor(services: BackupServices) {
    this.#services = services;
  }

  @Query(() => BackupConnection, {
    complexity: listCost,
    description: 'The backups of all projects, or of those that the filter names, a page at a time.',
  })
  async backups(
    @Ctx() { caller }: GraphQLContext,
    @Args(() => BackupsArgs) args: BackupsArgs,
  ): Promise<BackupConnection> {
    const { listBackups } = this.#services;
    const request = toBackupPageRequest(args);
    const page = await listBackups.list(caller, request);
    const count = (): Promise<number> => listBackups.count(caller, request.filter);
    return new BackupConnection({ page, after: request.after, count });
  }

  @Query(() => Backup, { nullable: true, description: 'One backup; null when there is none with this id.' })
  async backup(
    @Ctx() { loaders }: GraphQLContext,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<DomainBackup | null> {
    return loaders.backup.load(id);
  }

  @Mutation(() => CreateBackupPayload, {
    description:
      'Begins a manual backup of an available primary instance, and answers at once. Errors: BAD_USER_INPUT, INSTANCE_NOT_FOUND, INSTANCE_NOT_PRIMARY, INSTANCE_NOT_AVAILABLE, BACKUP_IN_PROGRESS, BACKUP_NAME_TAKEN, DATABASE_NOT_FOUND, DATABASE_NOT_AVAILABLE, INSTANCE_UNREACHABLE (only when databases are named, or its stored URL cannot be read), CLIENT_TOOL_MISSING, SERVICE_SHUTTING_DOWN. What fails later is `Backup.failure`.',
  })
  async createBackup(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => CreateBackupInput, { description: 'The backup.' }) input: CreateBackupInput,
  ): Promise<CreateBackupPayload> {
    const backup = await this.#services.createBackup.create(caller, {
      instanceId: input.instanceId,
      name: input.name,
      description: input.description ?? null,
      databases: input.databases ?? [],
      includeSystemDatabases: input.includeSystemDatabases ?? true,
    });
    return { backup };
  }

  @Mutation(() => CancelBackupPayload, {
    description:
      'Stops a backup that is BUILDING: its files are removed, it is FAILED as CANCELLED, and its instance is given back. Cancelling again is fine. Errors: BACKUP_NOT_FOUND, BACKUP_NOT_CANCELLABLE.',
  })
  async cancelBackup(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => CancelBackupInput, { description: 'Which one.' }) { backupId }: CancelBackupInput,
  ): Promise<CancelBackupPayload> {
    return { backup: await this.#services.cancelBackup.cancel(caller, backupId) };
  }

  @Mutation(() => VerifyBackupPayload, {
    description:
      'Begins to verify a COMPLETED backup, and answers at once; `backupChanged` tells the end, `Backup.verification` what was found. At level RESTORE each database is restored into a scratch database, compared with what was recorded, and removed again. Errors: BACKUP_NOT_FOUND, BACKUP_NOT_VERIFIABLE, SERVICE_SHUTTING_DOWN.',
  })
  async verifyBackup(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => VerifyBackupInput, { description: 'Which one, and how.' }) input: VerifyBackupInput,
  ): Promise<VerifyBackupPayload> {
    return { backup: await this.#services.verifyBackup.verify(caller, input.backupId, input.level) };
  }

  @Mutation(() => DeleteBackupPayload, {
    description:
      'Deletes manual backups for good, each by itself: DELETING at once, gone when its files are. Errors are told for each backup: BACKUP_NOT_FOUND, BACKUP_NOT_DELETABLE (it is being created, restored or verified, or it is an automated one).',
  })
  async deleteBackup(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => DeleteBackupInput, { description: 'Which ones.' }) { ids }: DeleteBackupInput,
  ): Promise<DeleteBackupPayload> {
    const results = await this.#services.deleteBackups.delete(caller, ids);
    return { results: results.map(toDeleteBackupResult) };
  }

  @Subscription(() => Backup, {
    subscribe: ({ args, context }: SubscribeResolverData<unknown, BackupChangedArgs, GraphQLContext>) =>
      context.watchBackups.watch(context.caller, {
        instanceId: args.instanceId ?? null,
        backupId: args.backupId ?? null,
        onOverflow: context.dropSlowSubscriber,
      }),
    description:
      'Backups as they change: progress, at most four times a second, and how they end. With `backupId`, first its state now. Who reads slowly gets the newest state, not every one. Errors: INSTANCE_NOT_FOUND, BACKUP_NOT_FOUND.',
  })
  backupChanged(
    @Root() backup: DomainBackup,
    @Arg('instanceId', () => ID, { nullable: true, description: 'Only of this instance; null = of all.' })
    _instanceId: string | null,
    @Arg('backupId', () => ID, { nullable: true, description: 'Only this backup; null = all.' })
    _backupId: string | null,
  ): DomainBackup {
    return backup;
  }

  @FieldResolver(() => Instance, { nullable: true, description: 'Its instance; null when that was deleted.' })
  async instance(
    @Ctx() { loaders }: GraphQLContext,
    @Root() { instanceId }: DomainBackup,
  ): Promise<DomainInstance | null> {
    return loaders.instance.load(instanceId);
  }

  @FieldResolver(() => [BackupDatabase], {
    description: 'The databases that it holds, or is to hold. Empty until they are known, soon after its work begins.',
  })
  async databases(
    @Ctx() { loaders }: GraphQLContext,
    @Root() { id }: DomainBackup,
  ): Promise<readonly BackupDatabase[]> {
    const databases = await loaders.databases.load(id);
    return databases.map(({ name, system, artifact }) => ({
      name,
      system,
      originalBytes: artifact?.originalBytes ?? null,
      storedBytes: artifact?.storedBytes ?? null,
      sha256: artifact?.sha256 ?? null,
    }));
  }

  @FieldResolver(() => [BackupFile], {
    description:
      'Links to its files, one for each database, as they are stored (compressed, encrypted if so configured). Made anew each time, and written to the audit log. Empty unless it is COMPLETED.',
  })
  async files(
    @Ctx() { caller, loaders }: GraphQLContext,
    @Root() backup: DomainBackup,
  ): Promise<readonly BackupFile[]> {
    return this.#services.downloadLinks.list(caller, backup, await loaders.databases.load(backup.id));
  }

  @FieldResolver(() => BackupVerification, {
    nullable: true,
    description: 'Its newest verification; null until it is COMPLETED. Taking a backup verifies it at level FORMAT.',
  })
  async verification(
    @Ctx() { loaders }: GraphQLContext,
    @Root() backup: DomainBackup,
  ): Promise<BackupVerification | null> {
    return (await loaders.verification.load(backup.id)) ?? toFirstVerification(backup);
  }

  @FieldResolver(() => BackupProgress, { description: 'How far the work is.' })
  progress(@Root() backup: DomainBackup): BackupProgress {
    return { ...backup.progress, percent: toPercent(backup) };
  }
}

/** A field whose value is an Error fails, and is null: what was refused would look as if it were deleted. */
function toDeleteBackupResult({ backupId, error }: DeleteResult): DeleteBackupResult {
  if (error === null) return { backupId, error };
  const { code, message, retryable } = error;
  return { backupId, error: { code, message, retryable } };
}
