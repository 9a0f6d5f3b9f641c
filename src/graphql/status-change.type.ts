import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import { InstanceStatus } from '../domain/instance.js';
import type { Backup as DomainBackup } from '../domain/backup.js';
import type { Instance as DomainInstance } from '../domain/instance.js';
import { Backup } from './backup.type.js';
import { Instance } from './instance.type.js';

@ObjectType({
  description:
    'A change of an instance, from the durable log: of its status, or, with both statuses the same, that it is registered, that its backup policy is set or has missed a window, or a change of its role, version, name, region or URL; `reason` says what.',
})
export class InstanceStatusChange {
  @Field(() => ID, { description: 'Its cursor: pass it as `after` to go on from here.' })
  id!: string;

  @Field(() => Instance, { description: 'The instance as it is now.' })
  instance!: DomainInstance;

  @Field(() => InstanceStatus, {
    nullable: true,
    description: 'The status before; null in the first message of a subscription, which tells the current state.',
  })
  previousStatus!: InstanceStatus | null;

  @Field(() => InstanceStatus, { description: 'The status from then on.' })
  status!: InstanceStatus;

  @Field(() => String, { nullable: true, description: 'What brought it about; null when there is nothing to say.' })
  reason!: string | null;

  @Field(() => Backup, {
    nullable: true,
    description: 'The backup that it is about, as that is now; null when about none, or it is gone.',
  })
  backup!: DomainBackup | null;

  @Field(() => GraphQLDateTime, { description: 'When it changed.' })
  occurredAt!: Date;
}
