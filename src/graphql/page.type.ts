import { Max, MaxLength, Min } from 'class-validator';
import { ArgsType, Field, Int, ObjectType } from 'type-graphql';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../domain/page.js';
import { MAX_NAME_LENGTH } from '../domain/naming.js';
import type { Page } from '../domain/page.js';

/** Longest cursor that this server gives, with room to spare. */
const MAX_CURSOR_LENGTH = 512;
const FIRST_SENTENCE = `first must be a number from 1 to ${MAX_PAGE_SIZE.toString()}.`;

/** For a text that a list is filtered by. */
export function IsSearchedName(): PropertyDecorator {
  const message = `A name to look for consists of a maximum of ${MAX_NAME_LENGTH.toString()} characters.`;
  return MaxLength(MAX_NAME_LENGTH, { message });
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_PAGE_SIZE,
    description: `How many items to return: 1 to ${MAX_PAGE_SIZE.toString()}.`,
  })
  @Min(1, { message: FIRST_SENTENCE })
  @Max(MAX_PAGE_SIZE, { message: FIRST_SENTENCE })
  first?: number = DEFAULT_PAGE_SIZE;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the item after which the page begins; null = from the start. `orderBy` must stay the same.',
  })
  @MaxLength(MAX_CURSOR_LENGTH, { message: 'after must be a cursor that this server gave.' })
  after?: string | null;
}

@ObjectType({ description: 'Where a page stands among its kind. Pages go forward only.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether more items follow.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether the page was asked for with `after`, so that items precede it.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item; null when the page is empty.' })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last item, to pass as `after`; null when the page is empty.',
  })
  endCursor!: string | null;
}

export function toPageInfo(page: Page<unknown>, after: string | null): PageInfo {
  return {
    hasNextPage: page.hasNextPage,
    hasPreviousPage: after !== null,
    startCursor: page.items[0]?.cursor ?? null,
    endCursor: page.items.at(-1)?.cursor ?? null,
  };
}

/** What a list field hands to its connection type. The count is only taken if someone selects it. */
export interface Connection<T> {
  readonly page: Page<T>;
  readonly after: string | null;
  readonly count: () => Promise<number>;
}

/** Cost of a list field: what one item costs, for as many items as are asked for. */
export function listCost({
  args,
  childComplexity,
}: {
  args: { first?: number | null };
  childComplexity: number;
}): number {
  // Costs are added up before the arguments are validated: a negative page must not pay for another.
  const items = Math.min(Math.max(args.first ?? DEFAULT_PAGE_SIZE, 1), MAX_PAGE_SIZE);
  return 1 + items * childComplexity;
}
