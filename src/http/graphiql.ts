import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

/** Ready-made operations, a tab each; GraphiQL names a tab after its operation. */
const TABS = [
  tab(`
# The registered instances, and what goes on with them.
query Instances {
  instances(first: 20) {
    eventCursor
    totalCount
    nodes {
      id
      name
      engine
      engineVersion
      role
      status
      endpoint
      activeBackup { id name progress { phase percent } }
      backups(first: 3) { nodes { id name status } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`),
  tab(
    `
# Registers a database server, a SQLite file, or a folder of them.
# Put your own URL into the variables below, as
# postgresql://user:password@host:5432 or sqlite:/srv/shop/orders.db
mutation RegisterInstance($input: RegisterInstanceInput!) {
  registerInstance(input: $input) {
    instance {
      id
      name
      engine
      engineVersion
      role
      status
      databases { name sizeBytes system }
    }
  }
}`,
    { input: { name: 'shop', url: 'postgresql://backup:secret@db1.example.com:5432' } },
  ),
  tab(
    `
# Begins a backup, and answers at once.
# Take the instance's id from the tab "Instances".
mutation CreateBackup($input: CreateBackupInput!) {
  createBackup(input: $input) {
    backup {
      id
      name
      status
      progress { phase }
      instance { name status }
    }
  }
}`,
    { input: { instanceId: '', name: 'before-upgrade', description: 'Taken by hand in GraphiQL' } },
  ),
  tab(
    `
# Stops a backup that is being taken; nothing of it is left.
mutation CancelBackup($input: CancelBackupInput!) {
  cancelBackup(input: $input) {
    backup {
      id
      name
      status
      failure { code message }
    }
  }
}`,
    { input: { backupId: '' } },
  ),
  tab(
    `
# Restores a backup's databases. The target may be another instance.
# Without overwrite nothing that is there is touched.
mutation RestoreBackup($input: RestoreBackupInput!) {
  restoreBackup(input: $input) {
    restore {
      id
      status
      databases { name restoreAs }
      progress { phase percent }
      targetInstance { name status }
    }
  }
}`,
    { input: { backupId: '', targetInstanceId: '', databases: [{ name: 'shop', restoreAs: 'shop_copy' }] } },
  ),
  tab(
    `
# The proof: restores a backup into scratch databases, and compares.
mutation VerifyBackup($input: VerifyBackupInput!) {
  verifyBackup(input: $input) {
    backup {
      id
      name
      verification { level status verifiedAt details }
    }
  }
}`,
    { input: { backupId: '', level: 'RESTORE' } },
  ),
  tab(`
# Every status change from the first on, then live.
# Run it, and create a backup in another tab.
subscription WatchStatus {
  instanceStatusChanged(after: "0") {
    id
    instance { name }
    previousStatus
    status
    reason
    occurredAt
    backup { name status }
  }
}`),
  tab(`
# The progress of every backup, live. \`restoreChanged\` is its like.
subscription WatchProgress {
  backupChanged {
    name
    status
    progress { phase percent bytesDone bytesTotal }
    failure { code message }
  }
}`),
  tab(`
# The backups of a project, newest first.
query Backups {
  backups(first: 20, filter: { project: "default" }) {
    totalCount
    nodes {
      id
      name
      status
      instanceName
      databases { name originalBytes storedBytes sha256 }
      startedAt
      completedAt
      verifiedAt
      failure { code message }
    }
    pageInfo { hasNextPage endCursor }
  }
}`),
];

function tab(query: string, variables?: object): { query: string; variables?: string } {
  const text = `${query.trim()}\n`;
  return variables === undefined ? { query: text } : { query: text, variables: JSON.stringify(variables, null, 2) };
}

/** GraphiQL as one page, with everything that it needs inside: it loads nothing from elsewhere. Gzipped. */
export async function renderGraphiqlPage(): Promise<Buffer> {
  const page = renderGraphiQL({
    title: 'GraphiQL · rds-backup-server',
    endpoint: '/graphql',
    subscriptionsProtocol: 'WS',
    defaultTabs: TABS,
  });
  return promisify(gzip)(page);
}
