import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A project in a region: where instances and backups belong.' })
export class Location {
  @Field(() => String, { description: 'The region.' })
  region!: string;

  @Field(() => String, { description: 'The project in it.' })
  project!: string;
}
