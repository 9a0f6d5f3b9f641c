import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { SubscribeResolverData } from 'type-graphql';
import type { Backup as DomainBackup } from '../domain/backup.js';
import type { BackupPolicy as DomainBackupPolicy } from '../domain/backup-policy.js';
import type { Database as DomainDatabase } from '../domain/database.js';
import type { Instance as DomainInstance } from '../domain/instance.js';
import type { Restore as DomainRestore } from '../domain/restore.js';
import type { DeleteInstance } from '../services/delete-instance.js';
import type { ListInstances } from '../services/list-instances.js';
import type { RegisterInstance } from '../services/register-instance.js';
import type { StatusMessage } from '../services/status-tail.js';
import type { UpdateInstance } from '../services/update-instance.js';
import { BackupConnection } from './backup-connection.type.js';
import { InstanceBackupsArgs } from './backup.input.js';
import { BackupPolicy } from './backup-policy.type.js';
import { Backup } from './backup.type.js';
import type { GraphQLContext } from './context.js';
import { Database } from './database.type.js';
import { InstanceConnection } from './instance-connection.type.js';
import {
  DEFAULT_PROJECT,
  DEFAULT_REGION,
  DeleteInstanceInput,
  DeleteInstancePayload,
  InstancesArgs,
  RegisterInstanceInput,
  RegisterInstancePayload,
  UpdateInstanceInput,
  UpdateInstancePayload,
} from './instance.input.js';
import { Instance } from './instance.type.js';
import { listCost } from './page.type.js';
import { toBackupPageRequest, toInstancePageRequest } from './requests.js';
import { Restore } from './restore.type.js';
import { InstanceStatusChange } from './status-change.type.js';

/** Asking an instance itself is far dearer than reading a row of the catalog. */
const LIVE_COST = 50;

interface InstanceServices {
  readonly listInstances: ListInstances;
  readonly registerInstance: RegisterInstance;
  readonly updateInstance: UpdateInstance;
  readonly deleteInstance: DeleteInstance;
}

interface StatusChangedArgs {
  readonly instanceId?: string | null;
  readonly after?: string | null;
}

@Resolver(() => Instance)
export class InstanceResolver {
  readonly #services: InstanceServices;

  constructor(services: InstanceServices) {
    this.#services = services;
  }

  @Query(() => InstanceConnection, { complexity: listCost, description: 'The registered instances, a page at a time.' })
  async instances(
    @Ctx() { caller }: GraphQLContext,
    @Args(() => InstancesArgs) args: InstancesArgs,
  ): Promise<InstanceConnection> {
    const { listInstances } = this.#services;
    const request = toInstancePageRequest(args);
    const eventCursor = await listInstances.getEventCursor(caller);
    const page = await listInstances.list(caller, request);
    const count = (): Promise<number> => listInstances.count(caller, request.filter);
    return new InstanceConnection({ page, after: request.after, count }, eventCursor);
  }

  @Query(() => Instance, { nullable: true, description: 'One instance; null when there is none with this id.' })
  async instance(
    @Ctx() { loaders }: GraphQLContext,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<DomainInstance | null> {
    return loaders.instance.load(id);
  }

  @Mutation(() => RegisterInstancePayload, {
    description:
      'Registers an instance that answers. Errors: BAD_USER_INPUT, INSTANCE_NAME_TAKEN, INSTANCE_UNREACHABLE; nothing is stored then.',
  })
  async registerInstance(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => RegisterInstanceInput, { description: 'The instance.' }) input: RegisterInstanceInput,
  ): Promise<RegisterInstancePayload> {
    const { name, url, project, region } = input;
    const instance = await this.#services.registerInstance.register(caller, {
      name,
      url,
      project: project ?? DEFAULT_PROJECT,
      region: region ?? DEFAULT_REGION,
    });
    return { instance };
  }

  @Mutation(() => UpdateInstancePayload, {
    description:
      'Changes an instance in which no operation runs: its name, region, or where and as whom it is reached. Errors: BAD_USER_INPUT, INSTANCE_NOT_FOUND, INSTANCE_NAME_TAKEN, INSTANCE_UNREACHABLE, BACKUP_IN_PROGRESS, INSTANCE_NOT_AVAILABLE; nothing is changed then.',
  })
  async updateInstance(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => UpdateInstanceInput, { description: 'What to change.' }) input: UpdateInstanceInput,
  ): Promise<UpdateInstancePayload> {
    const { instanceId, name = null, url = null, region = null } = input;
    return { instance: await this.#services.updateInstance.update(caller, { instanceId, name, url, region }) };
  }

  @Mutation(() => DeleteInstancePayload, {
    description:
      'Takes an instance in which no operation runs out of the service; the instance itself is not touched. Its automated backups are deleted, its manual ones stay: they are listed, and can be verified, downloaded and restored to another instance. Errors: INSTANCE_NOT_FOUND, BACKUP_IN_PROGRESS, INSTANCE_NOT_AVAILABLE, BACKUP_NOT_DELETABLE (an automated backup of it is in use); nothing is changed then.',
  })
  async deleteInstance(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => DeleteInstanceInput, { description: 'Which one.' }) { instanceId }: DeleteInstanceInput,
  ): Promise<DeleteInstancePayload> {
    const { instanceId: deletedInstanceId, ...counts } = await this.#services.deleteInstance.delete(caller, instanceId);
    return { deletedInstanceId, ...counts };
  }

  @Subscription(() => InstanceStatusChange, {
    subscribe: ({ args, context }: SubscribeResolverData<unknown, StatusChangedArgs, GraphQLContext>) =>
      context.watchInstanceStatus.watch(context.caller, {
        instanceId: args.instanceId ?? null,
        after: args.after ?? null,
        onOverflow: context.dropSlowSubscriber,
      }),
    description:
      'Status changes as they happen, in order, none left out; also that an instance is registered, and what else changes of it (its role after a failover, its version, its name, its backup policy), with the status as it was. With `after`, first those after that cursor. With `instanceId` alone, first the current state. Errors: INSTANCE_NOT_FOUND, BAD_USER_INPUT.',
  })
  instanceStatusChanged(
    @Root() change: StatusMessage,
    @Arg('instanceId', () => ID, { nullable: true, description: 'Only of this instance; null = of all.' })
    _instanceId: string | null,
    @Arg('after', () => ID, {
      nullable: true,
      description:
        'Id of the last change known, or an `eventCursor`; "0" replays all. Null = only what happens from now on.',
    })
    _after: string | null,
  ): StatusMessage {
    return change;
  }

  @FieldResolver(() => [Database], {
    complexity: LIVE_COST,
    description:
      'The databases that it has now, asked of the instance itself. Errors: INSTANCE_UNREACHABLE, which takes the whole answer with it: in a list, ask for databases only where all instances answer.',
  })
  async databases(
    @Ctx() { caller }: GraphQLContext,
    @Root() instance: DomainInstance,
  ): Promise<readonly DomainDatabase[]> {
    return this.#services.listInstances.listDatabases(caller, instance);
  }

  @FieldResolver(() => BackupConnection, { complexity: listCost, description: 'Its backups, newest first.' })
  async backups(
    @Ctx() { loaders }: GraphQLContext,
    @Root() { id }: DomainInstance,
    @Args(() => InstanceBackupsArgs) args: InstanceBackupsArgs,
  ): Promise<BackupConnection> {
    const request = toBackupPageRequest(args);
    const page = await loaders.loadBackups(id, request);
    const count = (): Promise<number> => loaders.countBackups(id, request.filter);
    return new BackupConnection({ page, after: request.after, count });
  }

  @FieldResolver(() => Backup, {
    nullable: true,
    description: 'The backup that is being created of it; null when none is.',
  })
  async activeBackup(@Ctx() { loaders }: GraphQLContext, @Root() { id }: DomainInstance): Promise<DomainBackup | null> {
    return loaders.activeBackup.load(id);
  }

  @FieldResolver(() => BackupPolicy, {
    nullable: true,
    description: 'Its automated backups: when they are taken, and how long they are kept; null until that was set.',
  })
  async backupPolicy(
    @Ctx() { loaders }: GraphQLContext,
    @Root() { id }: DomainInstance,
  ): Promise<DomainBackupPolicy | null> {
    return loaders.backupPolicy.load(id);
  }

  @FieldResolver(() => Restore, {
    nullable: true,
    description: 'The restore that is being made to it; null when none is.',
  })
  async activeRestore(
    @Ctx() { loaders }: GraphQLContext,
    @Root() { id }: DomainInstance,
  ): Promise<DomainRestore | null> {
    return loaders.activeRestore.load(id);
  }
}
