import { Field, ID, ObjectType } from 'type-graphql';
import { RecordKind } from '../domain/deleted-record.js';

@ObjectType({ description: 'A record that is gone for good.' })
export class DeletedRecord {
  @Field(() => RecordKind, { description: 'What it was.' })
  kind!: RecordKind;

  @Field(() => ID, { description: 'The id that it had. No other record will have it.' })
  id!: string;
}
