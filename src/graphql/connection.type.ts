import { Field, Int, ObjectType } from 'type-graphql';
import type { ClassType } from 'type-graphql';
import { PageInfo, toPageInfo } from './page.type.js';
import type { Connection } from './page.type.js';

interface ItemNames {
  /** As in "A backup". */
  readonly one: string;
  /** As in "backups". */
  readonly many: string;
}

interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

interface ConnectionFields<T> {
  nodes(): readonly T[];
  edges(): readonly Edge<T>[];
  pageInfo(): PageInfo;
  totalCount(): Promise<number>;
}

/**
 * The fields of a page of items, and the type of its edges, for a class that extends it. What is listed are domain objects,
 * shown as the GraphQL type `Item`.
 */
export function connectionOf<T>(
  Item: ClassType,
  { one, many }: ItemNames,
): new (source: Connection<T>) => ConnectionFields<T> {
  @ObjectType(`${Item.name}Edge`, { description: `${one} and its place in a list.` })
  class ItemEdge implements Edge<T> {
    @Field(() => String, { description: 'To pass as `after`.' })
    cursor!: string;

    @Field(() => Item, { description: `The ${one.replace(/^An? /, '')}.` })
    node!: T;
  }

  @ObjectType()
  class ItemConnection implements ConnectionFields<T> {
    readonly #source: Connection<T>;

    constructor(source: Connection<T>) {
      this.#source = source;
    }

    @Field(() => [Item], { description: `The ${many} of the page.` })
    nodes(): readonly T[] {
      return this.#source.page.items.map((item) => item.node);
    }

    @Field(() => [ItemEdge], { description: 'The same, each with its cursor.' })
    edges(): readonly ItemEdge[] {
      return this.#source.page.items;
    }

    @Field(() => PageInfo, { description: 'Whether and where to go on.' })
    pageInfo(): PageInfo {
      return toPageInfo(this.#source.page, this.#source.after);
    }

    @Field(() => Int, { description: `How many ${many} match in all. Counted only when selected.` })
    totalCount(): Promise<number> {
      return this.#source.count();
    }
  }
  return ItemConnection;
}
