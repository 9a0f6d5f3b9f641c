import { DataSource } from 'typeorm';
import { Initial1790000000000 } from './migrations/1790000000000-initial.js';
import { HealthAndCancel1790100000000 } from './migrations/1790100000000-health-and-cancel.js';
import { Restores1790200000000 } from './migrations/1790200000000-restores.js';
import { BackupPolicies1790300000000 } from './migrations/1790300000000-backup-policies.js';
import { Locations1790400000000 } from './migrations/1790400000000-locations.js';
import { POLICY_SCHEMAS } from './policy-schemas.js';
import { SCHEMAS } from './schemas.js';

/** Where the catalog lives. */
export type CatalogLocation =
  { readonly kind: 'sqlite'; readonly path: string } | { readonly kind: 'postgres'; readonly url: string };

const MIGRATIONS = [
  Initial1790000000000,
  HealthAndCancel1790100000000,
  Restores1790200000000,
  BackupPolicies1790300000000,
  Locations1790400000000,
];

/** Connections that one server keeps to a PostgreSQL catalog. */
const POSTGRES_POOL_SIZE = 10;
/** How long a connection to PostgreSQL may take. */
const POSTGRES_CONNECT_TIMEOUT_MS = 10_000;

export function createDataSource(location: CatalogLocation): DataSource {
  const common = {
    entities: [...SCHEMAS, ...POLICY_SCHEMAS],
    migrations: MIGRATIONS,
    synchronize: false,
    logging: false,
  };
  if (location.kind === 'sqlite') {
    return new DataSource({ ...common, type: 'sqlite', database: location.path, enableWAL: true });
  }
  return new DataSource({
    ...common,
    type: 'postgres',
    url: location.url,
    poolSize: POSTGRES_POOL_SIZE,
    connectTimeoutMS: POSTGRES_CONNECT_TIMEOUT_MS,
    applicationName: 'rds-backup-server',
  });
}
