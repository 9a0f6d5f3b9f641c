import { GraphQLDateTime, GraphQLSafeInt } from 'graphql-scalars';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { BackupFailureCode, BackupPhase, BackupStatus, BackupType } from '../domain/backup.js';
import { Engine } from '../domain/instance.js';
import { VerificationLevel, VerificationStatus } from '../domain/verification.js';

@ObjectType({ description: 'A database in a backup. The sizes and the hash are null until the backup is COMPLETED.' })
export class BackupDatabase {
  @Field(() => String, { description: 'Its name on the instance.' })
  name!: string;

  @Field(() => Boolean, { description: 'Whether it is a system database.' })
  system!: boolean;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'Bytes of the dump before compression.' })
  originalBytes!: number | null;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'Bytes in the store.' })
  storedBytes!: number | null;

  @Field(() => String, { nullable: true, description: 'SHA-256 of the stored bytes, in lower-case hex.' })
  sha256!: string | null;
}

@ObjectType({ description: 'How far the work on a backup is. It is updated at most four times a second.' })
export class BackupProgress {
  @Field(() => BackupPhase, { description: 'What is being done.' })
  phase!: BackupPhase;

  @Field(() => GraphQLSafeInt, {
    description:
      'The share of the work that is done, in bytes of the databases: copying, storing and verifying each count for a part. Never falls.',
  })
  bytesDone!: number;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'Bytes of the databases in all, for some engines an estimate; null until the instance was asked.',
  })
  bytesTotal!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Whole per cent of the work, 0 to 100; 100 only when COMPLETED; null until the total is known.',
  })
  percent!: number | null;
}

@ObjectType({ description: 'Why a backup has failed.' })
export class BackupFailure {
  @Field(() => BackupFailureCode, { description: 'For programs.' })
  code!: BackupFailureCode;

  @Field(() => String, { description: 'For operators: what happened, and what to do.' })
  message!: string;

  @Field(() => GraphQLDateTime, { description: 'When it failed.' })
  occurredAt!: Date;
}

@ObjectType({ description: 'A stored file of a backup, and where to fetch it.' })
export class BackupFile {
  @Field(() => String, { description: 'The database that it holds.' })
  database!: string;

  @Field(() => Boolean, { description: 'Whether it is a system database.' })
  system!: boolean;

  @Field(() => GraphQLSafeInt, { description: 'Bytes of the file.' })
  sizeBytes!: number;

  @Field(() => String, {
    description: 'Where whoever has it can fetch the file, with GET, HEAD and ranges: a secret.',
  })
  url!: string;

  @Field(() => GraphQLDateTime, { description: 'Until when the URL is good.' })
  expiresAt!: Date;
}

@ObjectType({ description: 'How a backup was last verified.' })
export class BackupVerification {
  @Field(() => VerificationLevel, { description: 'How far it goes.' })
  level!: VerificationLevel;

  @Field(() => VerificationStatus, { description: 'How it stands.' })
  status!: VerificationStatus;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it ended; null while RUNNING.' })
  verifiedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'What was found, for operators; null while RUNNING.' })
  details!: string | null;
}

@ObjectType({ description: 'A backup of chosen databases of one instance. A COMPLETED one can be restored.' })
export class Backup {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, { description: 'Unique in its project among backups that have not FAILED; case-sensitive.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What its creator wrote; null when nothing.' })
  description!: string | null;

  @Field(() => BackupType, { description: 'Who asked for it.' })
  type!: BackupType;

  @Field(() => BackupStatus, { description: 'How it stands.' })
  status!: BackupStatus;

  @Field(() => String, { description: 'Project of its instance.' })
  project!: string;

  @Field(() => String, { description: 'Region of its instance.' })
  region!: string;

  @Field(() => ID, { description: 'Id of its instance, kept when that is deleted.' })
  instanceId!: string;

  @Field(() => String, { description: 'Name of its instance at the time, kept when that is deleted.' })
  instanceName!: string;

  @Field(() => Engine, { description: 'Database product that it was taken of.' })
  engine!: Engine;

  @Field(() => String, { description: 'Version of the product at the time.' })
  engineVersion!: string;

  @Field(() => GraphQLSafeInt, {
    nullable: true,
    description: 'Bytes of all dumps before compression; null until COMPLETED.',
  })
  sizeBytes!: number | null;

  @Field(() => GraphQLSafeInt, { nullable: true, description: 'Bytes in the store; null until COMPLETED.' })
  storedBytes!: number | null;

  @Field(() => GraphQLDateTime, { description: 'When it was created.' })
  startedAt!: Date;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'When it ended, well or not; null while BUILDING.' })
  completedAt!: Date | null;

  @Field(() => BackupFailure, { nullable: true, description: 'Why it has failed; null unless it did.' })
  failure!: BackupFailure | null;

  @Field(() => GraphQLDateTime, {
    nullable: true,
    description: 'When the stored bytes were last found good; null until COMPLETED.',
  })
  verifiedAt!: Date | null;
}
