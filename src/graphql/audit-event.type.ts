import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import type { AuditEvent as DomainAuditEvent } from '../domain/audit.js';
import { connectionOf } from './connection.type.js';

@ObjectType({
  description: 'Who did what, when, with what outcome. Events are only ever added, never changed or removed.',
})
export class AuditEvent {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => GraphQLDateTime, { description: 'When it was done, or refused.' })
  occurredAt!: Date;

  @Field(() => String, { description: 'Who: the name of the caller; "server" for work that has ended by itself.' })
  caller!: string;

  @Field(() => ID, { nullable: true, description: 'Id of the request, as in the log; null when there was none.' })
  requestId!: string | null;

  @Field(() => AuditAction, { description: 'What.' })
  action!: AuditAction;

  @Field(() => AuditOutcome, { description: 'What came of it.' })
  outcome!: AuditOutcome;

  @Field(() => String, {
    nullable: true,
    description: "The error's code when REFUSED, the failure's when FAILED; otherwise null.",
  })
  code!: string | null;

  @Field(() => ID, { nullable: true, description: 'The instance that it was about; kept when that is deleted.' })
  instanceId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The backup that it was about; kept when that is deleted.' })
  backupId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The restore that it was about.' })
  restoreId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The names and the circumstances; null when there is nothing to add.',
  })
  details!: string | null;
}

@ObjectType({ description: 'A page of audit events.' })
export class AuditEventConnection extends connectionOf<DomainAuditEvent>(AuditEvent, {
  one: 'An audit event',
  many: 'audit events',
}) {}
