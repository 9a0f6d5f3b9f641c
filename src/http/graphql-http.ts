import { ApolloServer } from '@apollo/server';
import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import type { GraphQLContext } from '../graphql/context.js';
import { formatError } from '../graphql/errors.js';
import type { UnexpectedErrorLog } from '../graphql/errors.js';
import { assertWithinLimits, LIMITS } from '../graphql/limits.js';

interface GraphqlHttpDeps {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly logUnexpected: UnexpectedErrorLog;
}

const ADMISSION: ApolloServerPlugin<GraphQLContext> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ schema, document, request, operation }) => {
        if (operation?.operation === OperationTypeNode.SUBSCRIPTION) throw subscriptionOverHttp();
        assertWithinLimits({ schema, document, variables: request.variables, operationName: request.operationName });
        return Promise.resolve();
      },
    }),
};

/** GraphQL over HTTP. The caller starts it, and stops it. */
export function createApolloServer({ schema, logger, logUnexpected }: GraphqlHttpDeps): ApolloServer<GraphQLContext> {
  return new ApolloServer<GraphQLContext>({
    schema,
    logger,
    introspection: true,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxLexicalTokens: LIMITS.tokens },
    plugins: [ApolloServerPluginLandingPageDisabled(), ADMISSION],
    formatError: (formatted, error) => formatError(toGraphQLError(error, formatted), logUnexpected),
  });
}

/** Apollo hands over what was thrown, and keeps the path, the locations and its own code in the formatted error. */
function toGraphQLError(
  error: unknown,
  formatted: { message: string; extensions?: Record<string, unknown> },
): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const originalError = error instanceof Error ? error : new Error(formatted.message);
  return new GraphQLError(formatted.message, { originalError, extensions: { ...formatted.extensions } });
}

function subscriptionOverHttp(): GraphQLError {
  return new GraphQLError('Subscriptions need a WebSocket with the graphql-transport-ws protocol, at this same path.', {
    extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
  });
}
