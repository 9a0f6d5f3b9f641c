import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import type { FieldReadFunction, Reference } from '@apollo/client';

/** @param link what stands between the cache and the network, as a `LiveJournal`'s does */
export function createApolloClient(link: ApolloLink): ApolloClient {
  return new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: {
        Query: { fields: { instance: { read: readById('Instance') }, backup: { read: readById('Backup') } } },
        Backup: { fields: { progress: { merge: true } } },
        Restore: { fields: { progress: { merge: true } } },
      },
    }),
    // An answer that is under way may have been read before the change that is the reason to ask again.
    queryDeduplication: false,
    link: ApolloLink.from([link, new HttpLink({ uri: '/graphql' })]),
    defaultOptions: {
      // What is known is shown at once, and asked for again: it may have changed while nobody looked.
      watchQuery: { fetchPolicy: 'cache-and-network', nextFetchPolicy: 'cache-first' },
    },
  });
}

/** What a list has brought is there for a lookup by id, too. */
function readById(typename: string): FieldReadFunction<Reference | null> {
  return (known, { args, toReference }) => {
    const id: unknown = args?.id;
    return known === undefined && typeof id === 'string' ? toReference({ __typename: typename, id }) : known;
  };
}
