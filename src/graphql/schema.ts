import 'reflect-metadata';
import { lexicographicSortSchema, printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import type { PubSub } from 'type-graphql';
import { AuditEventResolver } from './audit-event.resolver.js';
import { BackupResolver } from './backup.resolver.js';
import { BackupPolicyResolver } from './backup-policy.resolver.js';
import { DeletedRecordResolver } from './deleted-record.resolver.js';
import './enums.js';
import { InstanceResolver } from './instance.resolver.js';
import { LocationResolver } from './location.resolver.js';
import { RestoreResolver } from './restore.resolver.js';

export type ResolverServices = ConstructorParameters<typeof InstanceResolver>[0] &
  ConstructorParameters<typeof BackupResolver>[0] &
  ConstructorParameters<typeof BackupPolicyResolver>[0] &
  ConstructorParameters<typeof RestoreResolver>[0] &
  ConstructorParameters<typeof AuditEventResolver>[0] &
  ConstructorParameters<typeof LocationResolver>[0];

/** Every subscription brings its own source; type-graphql asks for a PubSub all the same. */
const NO_PUB_SUB: PubSub = {
  publish: () => {
    throw new Error('status changes go through the status feed');
  },
  subscribe: () => {
    throw new Error('status changes go through the status feed');
  },
};

export async function createSchema(services: ResolverServices): Promise<GraphQLSchema> {
  const resolvers = new Map<unknown, unknown>([
    [InstanceResolver, new InstanceResolver(services)],
    [BackupResolver, new BackupResolver(services)],
    [BackupPolicyResolver, new BackupPolicyResolver(services)],
    [RestoreResolver, new RestoreResolver(services)],
    [AuditEventResolver, new AuditEventResolver(services)],
    [LocationResolver, new LocationResolver(services)],
    [DeletedRecordResolver, new DeletedRecordResolver()],
  ]);
  const schema = await buildSchema({
    resolvers: [
      InstanceResolver,
      BackupResolver,
      BackupPolicyResolver,
      RestoreResolver,
      AuditEventResolver,
      LocationResolver,
      DeletedRecordResolver,
    ],
    container: { get: (type) => resolvers.get(type) },
    pubSub: NO_PUB_SUB,
    validate: true,
  });
  describeRoots(schema);
  return schema;
}

/** type-graphql has no place for these. */
function describeRoots(schema: GraphQLSchema): void {
  const descriptions = {
    Query: 'What can be read. Lists come a page at a time.',
    Mutation: 'What can be done. Each takes one `input`; its description names the errors that it can give.',
    Subscription: 'What can be watched, over WebSocket with the graphql-transport-ws protocol.',
  };
  for (const [name, description] of Object.entries(descriptions)) {
    const type = schema.getType(name);
    if (type !== undefined) type.description = description;
  }
}

/** The schema as the file schema.graphql holds it: sorted, so that it changes only when the API does. */
export function printSorted(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
