import { ArrayMaxSize, ArrayMinSize, ArrayUnique, Matches, MaxLength, ValidateNested } from 'class-validator';
import { GraphQLDateTime } from 'graphql-scalars';
import { ArgsType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { BackupOrderField, BackupStatus, BackupType } from '../domain/backup.js';
import type { Backup as DomainBackup } from '../domain/backup.js';
import { Engine } from '../domain/instance.js';
import {
  BACKUP_DESCRIPTION,
  BACKUP_NAME,
  MAX_DATABASE_NAME_LENGTH,
  MAX_DELETED_BACKUPS,
  MAX_NAMED_DATABASES,
} from '../domain/naming.js';
import { OrderDirection } from '../domain/page.js';
import { VerificationLevel } from '../domain/verification.js';
import { Backup } from './backup.type.js';
import { IsSearchedName, PageArgs } from './page.type.js';

const IDS_SENTENCE = `Between 1 and ${MAX_DELETED_BACKUPS.toString()} backups can be deleted at once.`;

@InputType({ description: 'A manual backup to create.' })
export class CreateBackupInput {
  @Field(() => ID, { description: 'The instance to back up: an available primary.' })
  instanceId!: string;

  @Field(() => String, {
    description: `${BACKUP_NAME.sentence} It is unique in its project among backups that have not FAILED.`,
  })
  @Matches(BACKUP_NAME.pattern, { message: BACKUP_NAME.sentence })
  name!: string;

  @Field(() => String, { nullable: true, description: BACKUP_DESCRIPTION.sentence })
  @Matches(BACKUP_DESCRIPTION.pattern, { message: BACKUP_DESCRIPTION.sentence })
  description?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Target databases, by name; null or empty = all user databases. System databases cannot be selected.',
  })
  @ArrayMaxSize(MAX_NAMED_DATABASES, { message: `At most ${MAX_NAMED_DATABASES.toString()} databases can be named.` })
  @ArrayUnique({ message: 'A database can be named only once.' })
  @MaxLength(MAX_DATABASE_NAME_LENGTH, {
    each: true,
    message: `The name of a database consists of a maximum of ${MAX_DATABASE_NAME_LENGTH.toString()} characters.`,
  })
  databases?: string[] | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: true,
    description: 'System databases are backed up by default; false leaves them out.',
  })
  includeSystemDatabases?: boolean | null;
}

@ObjectType({ description: 'What `createBackup` has begun.' })
export class CreateBackupPayload {
  @Field(() => Backup, { description: 'The backup, BUILDING. `backupChanged` streams its progress.' })
  backup!: DomainBackup;
}

@InputType({ description: 'A backup to cancel.' })
export class CancelBackupInput {
  @Field(() => ID, { description: 'Its id.' })
  backupId!: string;
}

@ObjectType({ description: 'What `cancelBackup` has done.' })
export class CancelBackupPayload {
  @Field(() => Backup, {
    description:
      'The backup, FAILED; still BUILDING when stopping it takes longer than 5 s. `backupChanged` tells its end.',
  })
  backup!: DomainBackup;
}

@InputType({ description: 'A verification to make.' })
export class VerifyBackupInput {
  @Field(() => ID, { description: 'Of this backup.' })
  backupId!: string;

  @Field(() => VerificationLevel, { description: 'How far it goes. RESTORE is the proof.' })
  level!: VerificationLevel;
}

@ObjectType({ description: 'What `verifyBackup` has begun.' })
export class VerifyBackupPayload {
  @Field(() => Backup, { description: 'The backup, its verification RUNNING.' })
  backup!: DomainBackup;
}

@InputType({ description: 'Backups to delete.' })
export class DeleteBackupInput {
  @Field(() => [ID], { description: `Their ids: 1 to ${MAX_DELETED_BACKUPS.toString()}, each once.` })
  @ArrayMinSize(1, { message: IDS_SENTENCE })
  @ArrayMaxSize(MAX_DELETED_BACKUPS, { message: IDS_SENTENCE })
  @ArrayUnique({ message: 'A backup can be named only once.' })
  ids!: string[];
}

@ObjectType({ description: 'Why a backup is not deleted.' })
export class DeleteBackupError {
  @Field(() => String, { description: 'For programs: BACKUP_NOT_FOUND or BACKUP_NOT_DELETABLE.' })
  code!: string;

  @Field(() => String, { description: 'For operators: why, and what to do.' })
  message!: string;

  @Field(() => Boolean, { description: 'Whether the same may succeed later.' })
  retryable!: boolean;
}

@ObjectType({ description: 'What came of the wish to delete one backup.' })
export class DeleteBackupResult {
  @Field(() => ID, { description: 'The id that was given.' })
  backupId!: string;

  @Field(() => DeleteBackupError, { nullable: true, description: 'Why it is not deleted; null when it is DELETING.' })
  error!: DeleteBackupError | null;
}

@ObjectType({ description: 'What `deleteBackup` has begun.' })
export class DeleteBackupPayload {
  @Field(() => [DeleteBackupResult], { description: 'One for each id, in their order.' })
  results!: readonly DeleteBackupResult[];
}

@InputType({ description: 'Which backups to list: those that match every field given.' })
export class BackupFilter {
  @Field(() => String, { nullable: true, description: 'In this project.' })
  @IsSearchedName()
  project?: string | null;

  @Field(() => String, { nullable: true, description: 'In this region.' })
  @IsSearchedName()
  region?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this instance, also of one that was deleted.' })
  instanceId?: string | null;

  @Field(() => BackupType, { nullable: true, description: 'Of this type.' })
  type?: BackupType | null;

  @Field(() => BackupStatus, { nullable: true, description: 'In this status now.' })
  status?: BackupStatus | null;

  @Field(() => Engine, { nullable: true, description: 'Of this engine.' })
  engine?: Engine | null;

  @Field(() => String, { nullable: true, description: 'With this anywhere in the name, whatever the case.' })
  @IsSearchedName()
  nameContains?: string | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Created at this time or later.' })
  startedAfter?: Date | null;

  @Field(() => GraphQLDateTime, { nullable: true, description: 'Created before this time.' })
  startedBefore?: Date | null;
}

@InputType({ description: 'How backups are sorted.' })
export class BackupOrder {
  @Field(() => BackupOrderField, { description: 'By what.' })
  field!: BackupOrderField;

  @Field(() => OrderDirection, { description: 'Which way.' })
  direction!: OrderDirection;
}

@ArgsType()
export class InstanceBackupsArgs extends PageArgs {
  @Field(() => BackupFilter, { nullable: true, description: 'Which ones; null = all.' })
  @ValidateNested()
  filter?: BackupFilter | null;
}

@ArgsType()
export class BackupsArgs extends InstanceBackupsArgs {
  @Field(() => BackupOrder, { nullable: true, description: 'In which order; null = newest first.' })
  orderBy?: BackupOrder | null;
}
