import { Resolver, Root, Subscription } from 'type-graphql';
import type { SubscribeResolverData } from 'type-graphql';
import type { DeletedRecord as DomainDeletedRecord } from '../domain/deleted-record.js';
import type { GraphQLContext } from './context.js';
import { DeletedRecord } from './deleted-record.type.js';

@Resolver(() => DeletedRecord)
export class DeletedRecordResolver {
  @Subscription(() => DeletedRecord, {
    subscribe: ({ context }: SubscribeResolverData<unknown, unknown, GraphQLContext>) =>
      context.watchDeletions.watch(context.caller, { onOverflow: context.dropSlowSubscriber }),
    description:
      'Instances and backups that are gone, told the moment they are: an instance when it is deleted, a backup when its files are removed. It keeps nothing: subscribe first, then read the lists, and do both again after a reconnect.',
  })
  recordDeleted(@Root() record: DomainDeletedRecord): DomainDeletedRecord {
    return record;
  }
}
