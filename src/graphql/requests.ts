import type { BackupFilter, BackupPageRequest, InstanceFilter, InstancePageRequest } from '../catalog/catalog.js';
import { BackupOrderField } from '../domain/backup.js';
import { InstanceOrderField } from '../domain/instance.js';
import { DEFAULT_PAGE_SIZE, OrderDirection } from '../domain/page.js';
import type { Order } from '../domain/page.js';
import type { BackupsArgs } from './backup.input.js';
import type { InstancesArgs } from './instance.input.js';

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

function withoutNulls<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
