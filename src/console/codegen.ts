import type { CodegenConfig } from '@graphql-codegen/cli';

/** Types of the console's own operations, from the schema that the server is tested against. Not committed. */
const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['src/console/**/*.{ts,tsx}', '!src/console/gql/**'],
  generates: {
    'src/console/gql/': {
      preset: 'client',
      // Live updates write whole records into the cache, and components read from it: nothing to hide between the two.
      presetConfig: { fragmentMasking: false },
      config: {
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true,
        scalars: { DateTime: 'string', SafeInt: 'number' },
      },
    },
  },
  silent: true,
};

export default config;
