/** Data flows one way: http -> graphql -> services -> (catalog, engines, artifacts, events). Each rule says why. */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one thing in two places.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-pure',
      comment: 'The rules of the product hold without any library, clock or disk.',
      severity: 'error',
      from: { path: '^src/domain/' },
      to: { pathNot: '^src/domain/' },
    },
    {
      name: 'services-see-contracts-only',
      comment: 'A use case must run on any catalog, store, engine and feed.',
      severity: 'error',
      from: { path: '^src/services/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(domain|services)/',
          '^src/catalog/(audit-log|backup-policies|catalog|restores|schedules|verifications)\\.ts$',
          '^src/artifacts/(artifact-store|file-name|manifest|pipeline)\\.ts$',
          '^src/engines/(database-engine|database-restorer|engine-registry)\\.ts$',
          '^src/events/status-feed\\.ts$',
        ],
      },
    },
    {
      name: 'engines-stand-alone',
      comment:
        'An engine is one folder: it knows the domain, its contract and what all engines share, and no other engine.',
      severity: 'error',
      from: { path: '^src/engines/([^/]+)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/domain/',
          '^src/engines/((abortable-content|client-tools|database-engine|database-restorer|feed-tool|scratch-proof|server-errors|server-url|staging-name|tool-dump|tool-process|within)\\.ts|$1/)',
          '^src/artifacts/(artifact-store|manifest|partner-access)\\.ts$',
        ],
      },
    },
    {
      name: 'adapters-stand-alone',
      comment: 'Catalog, store and feed implement contracts; what connects them is in the services.',
      severity: 'error',
      from: { path: '^src/(catalog|artifacts|events)/' },
      to: { path: '^src/', pathNot: ['^src/domain/', '^src/$1/'] },
    },
    {
      name: 'graphql-calls-services',
      comment: 'Resolvers translate; they decide nothing and store nothing.',
      severity: 'error',
      from: { path: '^src/graphql/' },
      to: { path: '^src/', pathNot: '^src/(domain|services|graphql)/|^src/catalog/(audit-log|catalog|restores)\\.ts$' },
    },
    {
      name: 'typeorm-stays-in-the-catalog',
      comment: 'The rest of the program must not know how rows are kept.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/catalog/' },
      to: { path: 'node_modules/typeorm' },
    },
    {
      name: 'type-graphql-stays-in-graphql',
      comment: 'Decorated classes are the shape of the API, not of the domain.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/graphql/' },
      to: { path: 'node_modules/(type-graphql|class-validator)' },
    },
    {
      name: 'processes-are-started-by-engines',
      comment: 'Whoever starts a process must keep secrets off its arguments and stop it on abort: engines know how.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/engines/' },
      to: { path: '^(node:)?child_process$' },
    },
    {
      name: 'console-is-a-client',
      comment: 'The console knows the public API, and the rules of names, which its user is to meet while typing.',
      severity: 'error',
      from: { path: '^src/console/' },
      to: { path: '^src/', pathNot: '^src/(console/|domain/naming\\.ts$)' },
    },
    {
      name: 'console-stands-beside-the-server',
      comment: 'The server serves what Vite has built of it, and knows nothing else of it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/console/' },
      to: { path: '^src/console/' },
    },
    {
      name: 'product-without-tests',
      comment: 'Nothing simulated reaches the product.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'What is imported is installed by its own name. (Generated files import one package of types alone.)',
      severity: 'error',
      from: { pathNot: '^src/console/gql/' },
      to: { dependencyTypes: ['unknown', 'undetermined', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
