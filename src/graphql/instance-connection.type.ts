import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Instance as DomainInstance } from '../domain/instance.js';
import { Instance } from './instance.type.js';
import { PageInfo, toPageInfo } from './page.type.js';
import type { Connection } from './page.type.js';

@ObjectType({ description: 'An instance and its place in a list.' })
export class InstanceEdge {
  @Field(() => String, { description: 'To pass as `after`.' })
  cursor!: string;

  @Field(() => Instance, { description: 'The instance.' })
  node!: DomainInstance;
}

@ObjectType({ description: 'A page of instances.' })
export class InstanceConnection {
  readonly #source: Connection<DomainInstance>;

  @Field(() => ID, {
    description:
      'Read before the page: `instanceStatusChanged(after: eventCursor)` misses no change that the page does not show.',
  })
  eventCursor: string;

  constructor(source: Connection<DomainInstance>, eventCursor: string) {
    this.#source = source;
    this.eventCursor = eventCursor;
  }

  @Field(() => [Instance], { description: 'The instances of the page.' })
  nodes(): readonly DomainInstance[] {
    return this.#source.page.items.map((item) => item.node);
  }

  @Field(() => [InstanceEdge], { description: 'The same, each with its cursor.' })
  edges(): readonly InstanceEdge[] {
    return this.#source.page.items;
  }

  @Field(() => PageInfo, { description: 'Whether and where to go on.' })
  pageInfo(): PageInfo {
    return toPageInfo(this.#source.page, this.#source.after);
  }

  @Field(() => Int, { description: 'How many instances match in all. Counted only when selected.' })
  totalCount(): Promise<number> {
    return this.#source.count();
  }
}
