import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { GraphQLDateTime } from 'graphql-scalars';
import { DEFAULT_KEEP_DAYS, WEEKDAYS } from '../domain/backup-policy.js';
import type { BackupPolicy as DomainBackupPolicy } from '../domain/backup-policy.js';
import type { SetBackupPolicy } from '../services/set-backup-policy.js';
import { SetBackupPolicyInput, SetBackupPolicyPayload } from './backup-policy.input.js';
import { BackupPolicy } from './backup-policy.type.js';
import type { GraphQLContext } from './context.js';

interface BackupPolicyServices {
  readonly setBackupPolicy: SetBackupPolicy;
}

@Resolver(() => BackupPolicy)
export class BackupPolicyResolver {
  readonly #services: BackupPolicyServices;

  constructor(services: BackupPolicyServices) {
    this.#services = services;
  }

  @Mutation(() => SetBackupPolicyPayload, {
    description:
      'Sets when automated backups of an instance are taken, and how long they are kept. It holds at once: a window that is open and has had no backup yet gets one, and what has expired goes. Errors: BAD_USER_INPUT, INSTANCE_NOT_FOUND.',
  })
  async setBackupPolicy(
    @Ctx() { caller }: GraphQLContext,
    @Arg('input', () => SetBackupPolicyInput, { description: 'The policy.' }) input: SetBackupPolicyInput,
  ): Promise<SetBackupPolicyPayload> {
    const { instanceId, enabled, startTime, keepDays, weekdays } = input;
    const policy = await this.#services.setBackupPolicy.set(caller, {
      ...{ instanceId, enabled, startTime },
      keepDays: keepDays ?? DEFAULT_KEEP_DAYS,
      weekdays: weekdays ?? WEEKDAYS,
    });
    return { policy };
  }

  @FieldResolver(() => GraphQLDateTime, { nullable: true })
  nextBackupAt(@Root() { next }: DomainBackupPolicy): Date | null {
    return next?.dueAt ?? null;
  }
}
