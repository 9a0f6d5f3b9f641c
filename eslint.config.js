import { readFileSync } from 'node:fs';
import js from '@eslint/js';
import graphql from '@graphql-eslint/eslint-plugin';
import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const schemaRules = {
  ...graphql.configs['flat/schema-recommended'].rules,
  ...graphql.configs['flat/schema-relay'].rules,
  // Ids belong to things that live on; these types are parts, pages, payloads, or snapshots of others.
  '@graphql-eslint/strict-id-in-types': [
    'error',
    {
      exceptions: {
        types: ['Database', 'BackupPolicy', 'BackupVerification', 'Location', 'PageInfo'],
        suffixes: ['Connection', 'Database', 'Edge', 'Error', 'Failure', 'File', 'Payload', 'Progress', 'Result'],
      },
    },
  ],
  // The contract names these two fields in the words of the console; their parents' names in them are no accident.
  '@graphql-eslint/no-typename-prefix': 'off',
  '@graphql-eslint/require-description': [
    'error',
    {
      types: true,
      FieldDefinition: true,
      InputValueDefinition: true,
      EnumValueDefinition: true,
      DirectiveDefinition: true,
    },
  ],
  // Connections offer `nodes` beside `edges`, other lists are short and whole, and there is no global object lookup.
  '@graphql-eslint/relay-edge-types': [
    'error',
    { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
  ],
  // A page is asked for with `first`, which has a default, forwards only.
  '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
};

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'data/', 'coverage/', 'src/console/gql/'] },
  {
    files: ['**/*.{ts,tsx,js,mjs}'],
    extends: [js.configs.recommended],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly' } },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A name that begins with an underscore says that the value is not used, on purpose.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // A method that has nothing to wait for is async all the same where its contract returns a promise.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/prefer-readonly': 'error',
      'max-params': ['error', 3],
      'max-lines': ['error', { max: 280, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only config.ts reads the environment.' },
      ],
    },
  },
  // The one reader of the environment.
  { files: ['src/config.ts', 'ormconfig.ts'], rules: { 'no-restricted-properties': 'off' } },
  // The composition root is long because it hides nothing.
  { files: ['src/app.ts'], rules: { 'max-lines-per-function': ['error', 80] } },
  {
    files: ['src/graphql/*.ts', 'src/catalog/*schemas.ts'],
    rules: {
      // Decorated classes say what a value looks like; the values are the domain's own plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    },
  },
  {
    files: ['src/console/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat['recommended-latest']],
    languageOptions: { globals: { window: 'readonly', document: 'readonly' } },
    rules: {
      // A component is one function: what it shows reads best in one piece.
      'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
    },
  },
  // A migration is one list of statements.
  { files: ['src/catalog/migrations/*.ts'], rules: { 'max-lines-per-function': 'off' } },
  {
    files: ['test/**/*.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'max-lines-per-function': 'off',
      // Answers over the wire are data of the test's own query: it says by its assertions what it expects of them.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['schema.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: {
      parser: graphql.parser,
      parserOptions: {
        graphQLConfig: { schema: new URL('schema.graphql', import.meta.url).pathname },
        schemaSdl: readFileSync(new URL('schema.graphql', import.meta.url), 'utf8'),
      },
    },
    rules: schemaRules,
  },
);
