import { Field, ID, ObjectType } from 'type-graphql';
import type { Instance as DomainInstance } from '../domain/instance.js';
import { connectionOf } from './connection.type.js';
import { Instance } from './instance.type.js';
import type { Connection } from './page.type.js';

@ObjectType({ description: 'A page of instances.' })
export class InstanceConnection extends connectionOf<DomainInstance>(Instance, {
  one: 'An instance',
  many: 'instances',
}) {
  @Field(() => ID, {
    description:
      'Read before the page: `instanceStatusChanged(after: eventCursor)` misses no change that the page does not show.',
  })
  eventCursor: string;

  constructor(source: Connection<DomainInstance>, eventCursor: string) {
    super(source);
    this.eventCursor = eventCursor;
  }
}
