import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { SubscribeResolverData } from 'type-graphql';
import type { Backup as DomainBackup } from '../domain/backup.js';
import type { Instance as DomainInstance } from '../domain/instance.js';
import { toRestorePercent } from '../domain/restore.js';
import type { Restore as DomainRestore } from '../domain/restore.js';
import type { ListRestores } from '../services/list-restores.js';
import type { RestoreBackup } from '../services/restore-backup.js';
import { Backup } from './backup.type.js';
import type { GraphQLContext } from './context.js';
import { Instance } from './instance.type.js';
import { listCost } from './page.type.js';
import { toRestorePageRequest } from './requests.js';
import { RestoreConnection } from './restore-connection.type.js';
import { RestoreBackupInput, RestoreBackupPayload, RestoresArgs } from './restore.input.js';
import { Restore, RestoreProgress } from './restore.type.js';

interface RestoreServices {
  readonly listRestores: ListRestores;
  readonly restoreBackup: RestoreBackup;
}

interface RestoreChangedArgs {
  readonly instanceId?: string | null;
  readonly restoreId?: string | null;
}

@Resolver(() => Restore)
export class RestoreResolver {
  readonly #services: RestoreServices;

  constructor(services: RestoreServices) {
    this.#services = services;
  }

  @Query(() => RestoreConnection, { complexity: listCost, description: 'Restores, a page at a time, newest first.' })
  async restores(
    @Ctx() { caller }: GraphQLContext,
    @Args(() => RestoresArgs) args: RestoresArgs,
  ): Promise<RestoreConnection> {
    const { listRestores } = this.#services;
    const request = toRestorePageRequest(args);
    const page = await listRestores.list(caller, request);
    const count = (): Promise<number> => listRestores.count(caller, request.filter);
    return new RestoreConnection({ page, after: request.after, count });
  }

  @Query(() => Restore, { nullable: true, description: 'One restore; null when there is none with this id.' })
  async restore(
    @Ctx() { caller }: GraphQLContext,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<DomainRestore | null> {
    return this.#services.listRestores.find(caller, id);
  }

  @Mutation(() => RestoreBackupPayload, {
    description:
      'Begins to restore databases of a backup to an instance, which is RESTORING until it ends, and answers at once. The stored bytes are checked before the first one is applied; what is there is replaced only with `overwrite`, and only by what is wholly loaded. Errors: BAD_USER_INPUT, BACKUP_NOT_FOUND, BACKUP_NOT_RESTORABLE, DATABASE_NOT_FOUND, RESTORE_TARGET_EXISTS, INSTANCE_NOT_FOUND, INSTANCE_NOT_PRIMARY, INSTANCE_NOT_AVAILABLE, BACKUP_IN_PROGRESS, INSTANCE_UNREACHABLE, CLIENT_TOOL_MISSING, SERVICE_SHUTTING_DOWN. What fails later is `Restore.failure`.',
  })
  async restoreBackup(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => RestoreBackupInput, { description: 'The restore.' }) input: RestoreBackupInput,
  ): Promise<RestoreBackupPayload> {
    const { backupId, targetInstanceId, databases, overwrite } = input;
    const restore = await this.#services.restoreBackup.restore(caller, {
      ...{ backupId, targetInstanceId, overwrite: overwrite ?? false },
      databases: (databases ?? []).map(({ name, restoreAs }) => ({ name, restoreAs: restoreAs ?? name })),
    });
    return { restore };
  }

  @Subscription(() => Restore, {
    subscribe: ({ args, context }: SubscribeResolverData<unknown, RestoreChangedArgs, GraphQLContext>) =>
      context.watchRestores.watch(context.caller, {
        targetInstanceId: args.instanceId ?? null,
        restoreId: args.restoreId ?? null,
        onOverflow: context.dropSlowSubscriber,
      }),
    description:
      'Restores as they change: progress, at most four times a second, and how they end. With `restoreId`, first its state now. Who reads slowly gets the newest state, not every one. Errors: INSTANCE_NOT_FOUND, RESTORE_NOT_FOUND.',
  })
  restoreChanged(
    @Root() restore: DomainRestore,
    @Arg('instanceId', () => ID, { nullable: true, description: 'Only to this instance; null = to all.' })
    _instanceId: string | null,
    @Arg('restoreId', () => ID, { nullable: true, description: 'Only this restore; null = all.' })
    _restoreId: string | null,
  ): DomainRestore {
    return restore;
  }

  @FieldResolver(() => Backup, { nullable: true, description: 'The backup; null when it was deleted.' })
  async backup(@Ctx() { loaders }: GraphQLContext, @Root() { backupId }: DomainRestore): Promise<DomainBackup | null> {
    return loaders.backup.load(backupId);
  }

  @FieldResolver(() => Instance, { nullable: true, description: 'The target instance; null when it was deleted.' })
  async targetInstance(
    @Ctx() { loaders }: GraphQLContext,
    @Root() { targetInstanceId }: DomainRestore,
  ): Promise<DomainInstance | null> {
    return loaders.instance.load(targetInstanceId);
  }

  @FieldResolver(() => RestoreProgress, { description: 'How far the work is.' })
  progress(@Root() restore: DomainRestore): RestoreProgress {
    const { phase, bytesDone, bytesTotal } = restore;
    return { phase, bytesDone, bytesTotal, percent: toRestorePercent(restore) };
  }
}
