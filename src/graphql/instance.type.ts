import { GraphQLDateTime } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import { Engine, InstanceRole, InstanceStatus } from '../domain/instance.js';

@ObjectType({ description: 'A database instance that an operator runs and has registered here.' })
export class Instance {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, { description: 'Unique in its project; case-sensitive.' })
  name!: string;

  @Field(() => String, { description: 'Project that it belongs to.' })
  project!: string;

  @Field(() => String, { description: 'Region that it is in.' })
  region!: string;

  @Field(() => Engine, { description: 'Database product, as found when it was registered.' })
  engine!: Engine;

  @Field(() => String, { description: 'Version of the product, as it states it.' })
  engineVersion!: string;

  @Field(() => InstanceRole, { description: 'Its part in replication. Only a PRIMARY can be backed up.' })
  role!: InstanceRole;

  @Field(() => InstanceStatus, { description: 'What it is doing. `instanceStatusChanged` streams every change.' })
  status!: InstanceStatus;

  @Field(() => String, {
    nullable: true,
    description: 'Why the status is what it is; null when it needs no explaining.',
  })
  statusReason!: string | null;

  @Field(() => String, { description: 'Where it is, without credentials.' })
  endpoint!: string;

  @Field(() => GraphQLDateTime, { description: 'When it was registered.' })
  createdAt!: Date;

  @Field(() => GraphQLDateTime, { description: 'When its record last changed.' })
  updatedAt!: Date;
}
