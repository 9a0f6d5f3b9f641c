import { Ctx, Query, Resolver } from 'type-graphql';
import type { Location as DomainLocation } from '../domain/location.js';
import type { ListLocations } from '../services/list-locations.js';
import type { GraphQLContext } from './context.js';
import { Location } from './location.type.js';

@Resolver(() => Location)
export class LocationResolver {
  readonly #listLocations: ListLocations;

  constructor({ listLocations }: { readonly listLocations: ListLocations }) {
    this.#listLocations = listLocations;
  }

  @Query(() => [Location], {
    description:
      'The regions and projects to choose from: each pair that holds an instance or a backup, also of an instance that was deleted. By region, then project.',
  })
  async locations(@Ctx() { caller }: GraphQLContext): Promise<readonly DomainLocation[]> {
    return this.#listLocations.list(caller);
  }
}
