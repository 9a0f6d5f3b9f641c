import { GraphQLSafeInt } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A database that an instance has now.' })
export class Database {
  @Field(() => String, { description: 'Its name. For SQLite, the name of the file.' })
  name!: string;

  @Field(() => GraphQLSafeInt, { description: 'Bytes that it takes on the instance; for some engines an estimate.' })
  sizeBytes!: number;

  @Field(() => Boolean, {
    description:
      'Whether it belongs to the engine itself. System databases are backed up by default and cannot be selected.',
  })
  system!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it cannot be backed up now, as in `it is offline.`; null when it can be. A backup of all databases leaves it out, but fails over one that is damaged.',
  })
  unavailableReason?: string;
}
