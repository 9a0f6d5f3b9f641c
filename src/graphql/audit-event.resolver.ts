import { Args, Ctx, Query, Resolver } from 'type-graphql';
import type { ListAuditEvents } from '../services/list-audit-events.js';
import { AuditEventsArgs } from './audit-event.input.js';
import { AuditEvent, AuditEventConnection } from './audit-event.type.js';
import type { GraphQLContext } from './context.js';
import { listCost } from './page.type.js';
import { toAuditPageRequest } from './requests.js';

@Resolver(() => AuditEvent)
export class AuditEventResolver {
  readonly #listAuditEvents: ListAuditEvents;

  constructor({ listAuditEvents }: { readonly listAuditEvents: ListAuditEvents }) {
    this.#listAuditEvents = listAuditEvents;
  }

  @Query(() => AuditEventConnection, {
    complexity: listCost,
    description:
      'The audit log, a page at a time: who created, cancelled, verified, restored, downloaded, deleted or changed what.',
  })
  async auditEvents(
    @Ctx() { caller }: GraphQLContext,
    @Args(() => AuditEventsArgs) args: AuditEventsArgs,
  ): Promise<AuditEventConnection> {
    const request = toAuditPageRequest(args);
    const page = await this.#listAuditEvents.list(caller, request);
    const count = (): Promise<number> => this.#listAuditEvents.count(caller, request.filter);
    return new AuditEventConnection({ page, after: request.after, count });
  }
}
