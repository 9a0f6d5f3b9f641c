import { GraphQLDateTime, GraphQLSafeInt } from 'graphql-scalars';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { RestoreFailureCode, RestorePhase, RestoreStatus } from '../domain/restore.js';

@ObjectType({ description: 'A database of a restore.' })
export class RestoreDatabase {
  @Field(() => String, { description: 'Its name in the backup.' })
  name!: string;

  @Field(() => String, { description: 'Its name on the target instance.' })
  restoreAs!: string;
}

@ObjectType({ description: 'How far the work on a restore is. It is updated at most four times a second.' })
export class RestoreProgress {
  @Field(() => RestorePhase, { description: 'What is being done.' })
  phase!: RestorePhase;

  @Field(() => GraphQLSafeInt, {
    description:
      'The share of the work that is done, in bytes of the dumps: checking and loading each count for a half.',
  })
  bytesDone!: number;

  @Field(() => GraphQLSafeInt, { description: 'Bytes of the dumps in all.' })
  bytesTotal!: number;

  @Field(() => Int, { description: 'Whole per cent of the work, 0 to 100; 100 only when COMPLETED.' })
  percent!: number;
}

@ObjectType({ description: 'Why a restore has failed.' })
export class RestoreFailure {
  @Field(() => RestoreFailureCode, { description: 'For programs.' })
  code!: RestoreFailureCode;

  @Field(() => String, { description: 'For operators: what happened, and what to do.' })
  message!: string;

  @Field(() => GraphQLDateTime, { description: 'When it failed.' })
  occurredAt!: Date;
}

@ObjectType({
  description:
    'Databases of a backup on their way into an instance. A database whose restore fails stays as it was; `failure` names those of the same restore that were restored before it.',
})
export class Restore {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => RestoreStatus, { description: 'How it stands.' })
  status!: RestoreStatus;

  @Field(() => String, { description: 'Project of the backup.' })
  project!: string;

  @Field(() => ID, { description: 'Id of the backup, kept when that is deleted.' })
  backupId!: string;

  @Field(() => String, { description: 'Name of the backup, kept when that is deleted.' })
  backupName!: string;

  @Field(() => ID, { description: 'Id of the instance that is restored to, kept when that is deleted.' })
  targetInstanceId!: string;

  @Field(() => String, { description: 'Name of that instance at the time, kept when it is deleted.' })
  targetInstanceName!: string;

  @Field(() => [RestoreDatabase], { description: 'The databases that are restored.' })
  databases!: readonly RestoreDatabase[];

  @Field(() => Boolean, { description: 'Whether databases that the target has may be replaced.' })
  overwrite!: boolean;

  @Field(() => RestoreFailure, { nullable: true, description: 'Why it has failed; null unless it did.' })
  failure!: RestoreFailure | null;

  @Field(() => GraphQLDateTime, { description: 'When it was begun.' })
  startedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it ended, well or not; null while RUNNING.' })
  completedAt!: Date | null;
}
