import { MaxLength, ValidateNested } from 'class-validator';
import { GraphQLDateTime } from 'graphql-scalars';
import { ArgsType, Field, ID, InputType } from 'type-graphql';
import { AuditAction, AuditEventOrderField, AuditOutcome } from '../domain/audit.js';
import { OrderDirection } from '../domain/page.js';
import { PageArgs } from './page.type.js';

/** Longest name of a caller that is worth looking for. */
const MAX_CALLER_LENGTH = 256;

@InputType({ description: 'Which audit events to list: those that match every field given.' })
export class AuditEventFilter {
  @Field(() => AuditAction, { nullable: true, description: 'Of this action.' })
  action?: AuditAction | null;

  @Field(() => AuditOutcome, { nullable: true, description: 'With this outcome.' })
  outcome?: AuditOutcome | null;

  @Field(() => String, { nullable: true, description: 'By this caller, by the whole name.' })
  @MaxLength(MAX_CALLER_LENGTH, {
    message: `The name of a caller consists of a maximum of ${MAX_CALLER_LENGTH.toString()} characters.`,
  })
  caller?: string | null;

  @Field(() => ID, { nullable: true, description: 'About this instance.' })
  instanceId?: string | null;

  @Field(() => ID, { nullable: true, description: 'About this backup.' })
  backupId?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'At this time or later.' })
  occurredAfter?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Before this time.' })
  occurredBefore?: Date | null;
}

@InputType({ description: 'How audit events are sorted.' })
export class AuditEventOrder {
  @Field(() => AuditEventOrderField, { description: 'By what.' })
  field!: AuditEventOrderField;

  @Field(() => OrderDirection, { description: 'Which way.' })
  direction!: OrderDirection;
}

@ArgsType()
export class AuditEventsArgs extends PageArgs {
  @Field(() => AuditEventFilter, { nullable: true, description: 'Which ones; null = all.' })
  @ValidateNested()
  filter?: AuditEventFilter | null;

  @Field(() => AuditEventOrder, { nullable: true, description: 'In which order; null = newest first.' })
  orderBy?: AuditEventOrder | null;
}
