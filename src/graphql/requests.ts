import type { AuditPageRequest } from '../catalog/audit-log.js';
import type { BackupFilter, BackupPageRequest, InstanceFilter, InstancePageRequest } from '../catalog/catalog.js';
import type { RestorePageRequest } from '../catalog/restores.js';
import { AuditEventOrderField } from '../domain/audit.js';
import { BackupOrderField } from '../domain/backup.js';
import { InstanceOrderField } from '../domain/instance.js';
import { DEFAULT_PAGE_SIZE, OrderDirection } from '../domain/page.js';
import { RestoreOrderField } from '../domain/restore.js';
import type { Order } from '../domain/page.js';
import type { AuditEventsArgs } from './audit-event.input.js';
import type { BackupsArgs } from './backup.input.js';
import type { InstancesArgs } from './instance.input.js';
import type { RestoresArgs } from './restore.input.js';

const BY_NAME: Order<InstanceOrderField> = { field: InstanceOrderField.NAME, direction: OrderDirection.ASC };
const NEWEST_FIRST: Order<BackupOrderField> = { field: BackupOrderField.STARTED_AT, direction: OrderDirection.DESC };

/** GraphQL's null and "not given" both mean the default. */
export function toInstancePageRequest(args: InstancesArgs): InstancePageRequest {
  const filter: InstanceFilter = withoutNulls(args.filter ?? {});
  return {
    first: args.first ?? DEFAULT_PAGE_SIZE,
    after: args.after ?? null,
    filter,
    orderBy: args.orderBy ?? BY_NAME,
  };
}

export function toBackupPageRequest(args: BackupsArgs): BackupPageRequest {
  const filter: BackupFilter = withoutNulls(args.filter ?? {});
  const orderBy = args.orderBy ?? NEWEST_FIRST;
  return { first: args.first ?? DEFAULT_PAGE_SIZE, after: args.after ?? null, filter, orderBy };
}

export function toRestorePageRequest({ first, after, filter, orderBy }: RestoresArgs): RestorePageRequest {
  return {
    first: first ?? DEFAULT_PAGE_SIZE,
    after: after ?? null,
    filter: withoutNulls(filter ?? {}),
    orderBy: orderBy ?? { field: RestoreOrderField.STARTED_AT, direction: OrderDirection.DESC },
  };
}

export function toAuditPageRequest({ first, after, filter, orderBy }: AuditEventsArgs): AuditPageRequest {
  return {
    first: first ?? DEFAULT_PAGE_SIZE,
    after: after ?? null,
    filter: withoutNulls(filter ?? {}),
    orderBy: orderBy ?? { field: AuditEventOrderField.OCCURRED_AT, direction: OrderDirection.DESC },
  };
}

function withoutNulls<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
