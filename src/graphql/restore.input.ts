import { ArrayMaxSize, MaxLength, ValidateNested } from 'class-validator';
import { ArgsType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { MAX_DATABASE_NAME_LENGTH, MAX_NAMED_DATABASES } from '../domain/naming.js';
import { OrderDirection } from '../domain/page.js';
import { RestoreOrderField, RestoreStatus } from '../domain/restore.js';
import type { Restore as DomainRestore } from '../domain/restore.js';
import { IsSearchedName, PageArgs } from './page.type.js';
import { Restore } from './restore.type.js';

const NAME_SENTENCE = `The name of a database consists of a maximum of ${MAX_DATABASE_NAME_LENGTH.toString()} characters.`;

@InputType({ description: 'A database to restore.' })
export class RestoreDatabaseInput {
  @Field(() => String, { description: 'Its name in the backup. System parts cannot be restored here.' })
  @MaxLength(MAX_DATABASE_NAME_LENGTH, { message: NAME_SENTENCE })
  name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'The name that it is to have on the target instance; null = the same.',
  })
  @MaxLength(MAX_DATABASE_NAME_LENGTH, { message: NAME_SENTENCE })
  restoreAs?: string | null;
}

@InputType({ description: 'A restore to begin.' })
export class RestoreBackupInput {
  @Field(() => ID, { description: 'The backup to restore: a COMPLETED one.' })
  backupId!: string;

  @Field(() => ID, {
    description:
      'The instance to restore to: an available primary of the same engine, and of the same or a later version. It need not be the one that was backed up.',
  })
  targetInstanceId!: string;

  @Field(() => [RestoreDatabaseInput], {
    nullable: true,
    description:
      'Which databases, and under which names; null or empty = all user databases of the backup, under their own.',
  })
  @ValidateNested({ each: true })
  @ArrayMaxSize(MAX_NAMED_DATABASES, { message: `At most ${MAX_NAMED_DATABASES.toString()} databases can be named.` })
  databases?: RestoreDatabaseInput[] | null;

  @Field(() => Boolean, {
    nullable: true,
    defaultValue: false,
    description:
      'Whether databases that the target has under these names are replaced. They stay as they are until what replaces them is wholly loaded.',
  })
  overwrite?: boolean | null;
}

@ObjectType({ description: 'What `restoreBackup` has begun.' })
export class RestoreBackupPayload {
  @Field(() => Restore, { description: 'The restore, RUNNING. `restoreChanged` streams its progress.' })
  restore!: DomainRestore;
}

@InputType({ description: 'Which restores to list: those that match every field given.' })
export class RestoreFilter {
  @Field(() => String, { nullable: true, description: 'Of backups of this project.' })
  @IsSearchedName()
  project?: string | null;

  @Field(() => ID, { nullable: true, description: 'Of this backup, also of one that was deleted.' })
  backupId?: string | null;

  @Field(() => ID, { nullable: true, description: 'To this instance, also to one that was deleted.' })
  targetInstanceId?: string | null;

  @Field(() => RestoreStatus, { nullable: true, description: 'In this status now.' })
  status?: RestoreStatus | null;
}

@InputType({ description: 'How restores are sorted.' })
export class RestoreOrder {
  @Field(() => RestoreOrderField, { description: 'By what.' })
  field!: RestoreOrderField;

  @Field(() => OrderDirection, { description: 'Which way.' })
  direction!: OrderDirection;
}

@ArgsType()
export class RestoresArgs extends PageArgs {
  @Field(() => RestoreFilter, { nullable: true, description: 'Which ones; null = all.' })
  @ValidateNested()
  filter?: RestoreFilter | null;

  @Field(() => RestoreOrder, { nullable: true, description: 'In which order; null = newest first.' })
  orderBy?: RestoreOrder | null;
}
