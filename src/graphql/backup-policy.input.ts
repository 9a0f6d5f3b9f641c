import { ArrayMinSize, ArrayUnique, Matches, Max, Min } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import {
  DEFAULT_KEEP_DAYS,
  KEEP_DAYS_SENTENCE,
  MAX_KEEP_DAYS,
  MIN_KEEP_DAYS,
  START_TIME,
  Weekday,
  WEEKDAYS,
  WEEKDAYS_SENTENCE,
} from '../domain/backup-policy.js';
import type { BackupPolicy as DomainBackupPolicy } from '../domain/backup-policy.js';
import { BackupPolicy } from './backup-policy.type.js';

@InputType({ description: 'A backup policy to set, in place of the one before.' })
export class SetBackupPolicyInput {
  @Field(() => ID, { description: 'The instance.' })
  instanceId!: string;

  @Field(() => Boolean, { description: 'Whether backups are to be taken.' })
  enabled!: boolean;

  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_KEEP_DAYS,
    description: `For how many days automated backups are kept: ${MIN_KEEP_DAYS.toString()} to ${MAX_KEEP_DAYS.toString()}. A shorter time holds at once.`,
  })
  @Min(MIN_KEEP_DAYS, { message: KEEP_DAYS_SENTENCE })
  @Max(MAX_KEEP_DAYS, { message: KEEP_DAYS_SENTENCE })
  keepDays?: number | null;

  @Field(() => String, { description: `When the window of one hour begins. ${START_TIME.sentence}` })
  @Matches(START_TIME.pattern, { message: START_TIME.sentence })
  startTime!: string;

  @Field(() => [Weekday], {
    nullable: true,
    defaultValue: WEEKDAYS,
    description: `On which days. ${WEEKDAYS_SENTENCE}`,
  })
  @ArrayMinSize(1, { message: WEEKDAYS_SENTENCE })
  @ArrayUnique({ message: WEEKDAYS_SENTENCE })
  weekdays?: Weekday[] | null;
}

@ObjectType({ description: 'What `setBackupPolicy` has done.' })
export class SetBackupPolicyPayload {
  @Field(() => BackupPolicy, { description: 'The policy, as it is now.' })
  policy!: DomainBackupPolicy;
}
