import { graphql } from '../gql';

/**
 * Asked of the instance itself, each time it is opened. An instance that cannot be reached takes the whole answer with
 * it, so nothing else is asked along.
 */
export const INSTANCE_DATABASES = graphql(`
  query InstanceDatabases($id: ID!) {
    instance(id: $id) {
      id
      databases {
        name
        sizeBytes
        system
        unavailableReason
      }
    }
  }
`);
