/** A database of the model, as the server keeps it. */
export interface ModelDatabase {
  name: string;
  /** Rows, by `schema.table`. */
  tables: Record<string, readonly string[]>;
  state: string;
  owner: string;
  userAccess: 'MULTI_USER' | 'SINGLE_USER' | 'RESTRICTED_USER';
  files: readonly ModelFile[];
  /** As sys.fn_hadr_is_primary_replica tells it. */
  isPrimaryReplica: boolean | null;
  /** 1 = principal, 2 = mirror. */
  mirroringRole: number | null;
  isStandby: boolean;
  isSnapshot: boolean;
  /** Name of the database that it is a snapshot of. */
  snapshotOf: string | null;
  isReplicated: boolean;
  /** Of a secondary replica: whether it lets itself be read. */
  isReadable: boolean;
  /** Whether the login may back it up. */
  mayBackUp: boolean;
}

export interface ModelFile {
  readonly logicalName: string;
  readonly type: 'D' | 'L' | 'S';
  readonly path: string;
}

export const SYSTEM_DATABASES = ['master', 'model', 'msdb', 'tempdb'];

export function createModelDatabase(name: string, more: Partial<ModelDatabase> = {}): ModelDatabase {
  return {
    name,
    tables: {},
    state: 'ONLINE',
    owner: 'sa',
    userAccess: 'MULTI_USER',
    files: [
      { logicalName: name, type: 'D', path: `D:\\Data\\${name}.mdf` },
      { logicalName: `${name}_log`, type: 'L', path: `L:\\Logs\\${name}_log.ldf` },
    ],
    isPrimaryReplica: null,
    mirroringRole: null,
    isStandby: false,
    isSnapshot: false,
    snapshotOf: null,
    isReplicated: false,
    isReadable: false,
    mayBackUp: true,
    ...more,
  };
}

export function sizeOf({ tables }: ModelDatabase): number {
  return 65_536 + Buffer.byteLength(JSON.stringify(tables));
}
