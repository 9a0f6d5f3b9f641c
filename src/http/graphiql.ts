import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

const LIST = `# Instance Management: the registered instances, and what goes on with them.
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
      backups(first: 3) { nodes { id name status startedAt storedBytes } }
    }
    pageInfo { hasNextPage endCursor }
  }
}

# Backup Management: the backups of a project, newest first.
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
}
`;

const REGISTER = `# Registers a SQLite file, or a folder of them. Put your own path into the variables below.
mutation RegisterInstance($input: RegisterInstanceInput!) {
  registerInstance(input: $input) {
    instance {
      id
      name
      engine
      engineVersion
      role
      status
      databases { name sizeBytes }
    }
  }
}
`;

const CREATE = `# Begins a backup and answers at once; the tab "Watch" shows how it goes on.
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
}
`;

const WATCH = `# Every status change from the very first on, then live: run it, and create a backup in another tab.
subscription InstanceStatusChanged {
  instanceStatusChanged(after: "0") {
    id
    instance { name }
    previousStatus
    status
    reason
    occurredAt
    backup { name status }
  }
}

# The progress of every backup, live.
subscription BackupChanged {
  backupChanged {
    name
    status
    progress { phase percent bytesDone bytesTotal }
    failure { code message }
  }
}
`;

const TABS = [
  { query: LIST },
  {
    query: REGISTER,
    variables: JSON.stringify({ input: { name: 'shop', url: 'sqlite:/srv/shop/orders.db' } }, null, 2),
  },
  {
    query: CREATE,
    variables: JSON.stringify(
      { input: { instanceId: '', name: 'before-upgrade', description: 'Taken by hand in GraphiQL' } },
      null,
      2,
    ),
  },
  { query: WATCH },
];

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
