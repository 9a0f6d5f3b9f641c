import { GraphQLDateTime } from 'graphql-scalars';
import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Weekday } from '../domain/backup-policy.js';

registerEnumType(Weekday, {
  name: 'Weekday',
  description: 'A day of the week, in UTC.',
  valuesConfig: {
    MONDAY: { description: 'Monday.' },
    TUESDAY: { description: 'Tuesday.' },
    WEDNESDAY: { description: 'Wednesday.' },
    THURSDAY: { description: 'Thursday.' },
    FRIDAY: { description: 'Friday.' },
    SATURDAY: { description: 'Saturday.' },
    SUNDAY: { description: 'Sunday.' },
  },
});

@ObjectType({
  description:
    'Automated backups of an instance: one of all its databases in each window, the hour from `startTime` on each weekday. Expired ones go once a newer backup is good; the last good one never does.',
})
export class BackupPolicy {
  @Field(() => Boolean, {
    description: 'Whether backups are taken. Those that were taken expire also while it is false.',
  })
  enabled!: boolean;

  @Field(() => Int, { description: 'For how many days automated backups are kept.' })
  keepDays!: number;

  @Field(() => String, { description: 'When a window begins, "HH:MM" in UTC; it lasts one hour.' })
  startTime!: string;

  @Field(() => [Weekday], { description: 'On which days a window begins, in the order of the week.' })
  weekdays!: readonly Weekday[];

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the next backup is tried, a random moment of its window; null while disabled.',
  })
  nextBackupAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the last backup of a window was begun; null before the first.',
  })
  lastBackupAt!: Date | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'Start of the last window that has passed without its backup; null when none has.',
  })
  lastMissedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why that window was missed; null when none was.' })
  lastMissedReason!: string | null;

  @Field(() => GraphQLDateTime, { description: 'When the policy was last set.' })
  updatedAt!: Date;
}
