import 'reflect-metadata';
import type { GraphQLSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import type { PubSub } from 'type-graphql';
import { BackupResolver } from './backup.resolver.js';
import './enums.js';
import { InstanceResolver } from './instance.resolver.js';

export type ResolverServices = ConstructorParameters<typeof InstanceResolver>[0] &
  ConstructorParameters<typeof BackupResolver>[0];

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
  ]);
  return buildSchema({
    resolvers: [InstanceResolver, BackupResolver],
    container: { get: (type) => resolvers.get(type) },
    pubSub: NO_PUB_SUB,
    validate: true,
  });
}
