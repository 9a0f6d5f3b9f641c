import { Matches, MaxLength, ValidateNested } from 'class-validator';
import { ArgsType, Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { Engine, InstanceOrderField, InstanceRole, InstanceStatus } from '../domain/instance.js';
import type { Instance as DomainInstance } from '../domain/instance.js';
import { INSTANCE_NAME, MAX_URL_LENGTH, PROJECT_NAME, REGION_NAME } from '../domain/naming.js';
import { OrderDirection } from '../domain/page.js';
import { Instance } from './instance.type.js';
import { IsSearchedName, PageArgs } from './page.type.js';

export const DEFAULT_PROJECT = 'default';
export const DEFAULT_REGION = 'local';

const URL_LENGTH_SENTENCE = `The URL consists of a maximum of ${MAX_URL_LENGTH.toString()} characters.`;

@InputType({ description: 'An instance to register.' })
export class RegisterInstanceInput {
  @Field(() => String, { description: `${INSTANCE_NAME.sentence} It is unique in its project.` })
  @Matches(INSTANCE_NAME.pattern, { message: INSTANCE_NAME.sentence })
  name!: string;

  @Field(() => String, {
    description:
      'Connection URL, with credentials if the instance asks for them; they are stored encrypted and never shown. `postgresql://user:password@host:5432` and `mariadb://user:password@host:3306` are servers, `sqlite:/srv/shop/orders.db` is a file, `sqlite:/srv/shop` a folder of SQLite files. Percent-encode special characters.',
  })
  @MaxLength(MAX_URL_LENGTH, { message: URL_LENGTH_SENTENCE })
  url!: string;

  @Field(() => String, { nullable: true, defaultValue: DEFAULT_REGION, description: REGION_NAME.sentence })
  @Matches(REGION_NAME.pattern, { message: REGION_NAME.sentence })
  region?: string | null;

  @Field(() => String, { nullable: true, defaultValue: DEFAULT_PROJECT, description: PROJECT_NAME.sentence })
  @Matches(PROJECT_NAME.pattern, { message: PROJECT_NAME.sentence })
  project?: string | null;
}

@ObjectType({ description: 'What `registerInstance` has done.' })
export class RegisterInstancePayload {
  @Field(() => Instance, { description: 'The instance, as it was found.' })
  instance!: DomainInstance;
}

@InputType({ description: 'What to change of an instance. What is left out, or null, stays as it is.' })
export class UpdateInstanceInput {
  @Field(() => ID, { description: 'The instance.' })
  instanceId!: string;

  @Field(() => String, { nullable: true, description: `A new name. ${INSTANCE_NAME.sentence}` })
  @Matches(INSTANCE_NAME.pattern, { message: INSTANCE_NAME.sentence })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A new connection URL, with credentials: of the same product. It is asked before it is stored.',
  })
  @MaxLength(MAX_URL_LENGTH, { message: URL_LENGTH_SENTENCE })
  url?: string | null;

  @Field(() => String, { nullable: true, description: `A new region. ${REGION_NAME.sentence}` })
  @Matches(REGION_NAME.pattern, { message: REGION_NAME.sentence })
  region?: string | null;
}

@ObjectType({ description: 'What `updateInstance` has done.' })
export class UpdateInstancePayload {
  @Field(() => Instance, { description: 'The instance, as it is now.' })
  instance!: DomainInstance;
}

@InputType({ description: 'An instance to delete.' })
export class DeleteInstanceInput {
  @Field(() => ID, { description: 'Its id.' })
  instanceId!: string;
}

@ObjectType({ description: 'What `deleteInstance` has done.' })
export class DeleteInstancePayload {
  @Field(() => ID, { description: 'The id that the instance had.' })
  deletedInstanceId!: string;

  @Field(() => Int, { description: 'How many automated backups go with it.' })
  deletedAutomatedBackups!: number;

  @Field(() => Int, { description: 'How many manual backups stay.' })
  retainedManualBackups!: number;
}

@InputType({ description: 'Which instances to list: those that match every field given.' })
export class InstanceFilter {
  @Field(() => String, { nullable: true, description: 'In this project.' })
  @IsSearchedName()
  project?: string | null;

  @Field(() => String, { nullable: true, description: 'In this region.' })
  @IsSearchedName()
  region?: string | null;

  @Field(() => Engine, { nullable: true, description: 'Of this engine.' })
  engine?: Engine | null;

  @Field(() => InstanceStatus, { nullable: true, description: 'In this status now.' })
  status?: InstanceStatus | null;

  @Field(() => InstanceRole, { nullable: true, description: 'In this role.' })
  role?: InstanceRole | null;

  @Field(() => String, { nullable: true, description: 'With this anywhere in the name, whatever the case.' })
  @IsSearchedName()
  nameContains?: string | null;
}

@InputType({ description: 'How instances are sorted.' })
export class InstanceOrder {
  @Field(() => InstanceOrderField, { description: 'By what.' })
  field!: InstanceOrderField;

  @Field(() => OrderDirection, { description: 'Which way.' })
  direction!: OrderDirection;
}

@ArgsType()
export class InstancesArgs extends PageArgs {
  @Field(() => InstanceFilter, { nullable: true, description: 'Which ones; null = all.' })
  @ValidateNested()
  filter?: InstanceFilter | null;

  @Field(() => InstanceOrder, { nullable: true, description: 'In which order; null = by name.' })
  orderBy?: InstanceOrder | null;
}
