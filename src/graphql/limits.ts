import { maxAliasesRule } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthRule } from '@escape.tech/graphql-armor-max-depth';
import { GraphQLError, validate } from 'graphql';
import type { DocumentNode, GraphQLSchema } from 'graphql';
import { fieldExtensionsEstimator, getComplexity, simpleEstimator } from 'graphql-query-complexity';
import { DomainError } from '../domain/errors.js';

/** What one operation may ask for. A page of 100 backups with all their fields costs some 5,000. */
export const LIMITS = { tokens: 2000, depth: 12, aliases: 30, cost: 10_000 } as const;

interface Operation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
  readonly operationName: string | null | undefined;
}

/** Refuses a valid operation that asks for too much. Both transports call it before they execute. @throws GraphQLError */
export function assertWithinLimits({ schema, document, variables, operationName }: Operation): void {
  const options = { flattenFragments: true, propagateOnRejection: false };
  const rules = [
    maxDepthRule({
      ...options,
      n: LIMITS.depth,
      onReject: [
        () => {
          throw tooComplex('levels of fields', LIMITS.depth);
        },
      ],
    }),
    maxAliasesRule({
      n: LIMITS.aliases,
      propagateOnRejection: false,
      onReject: [
        () => {
          throw tooComplex('aliases', LIMITS.aliases);
        },
      ],
    }),
  ];
  validate(schema, document, rules);
  const cost = getComplexity({
    schema,
    query: document,
    variables: { ...variables },
    ...(operationName == null ? {} : { operationName }),
    estimators: [fieldExtensionsEstimator(), simpleEstimator({ defaultComplexity: 1 })],
  });
  if (cost > LIMITS.cost) throw tooComplex('points of cost', LIMITS.cost);
}

export function tooComplex(measure: string, limit: number): GraphQLError {
  const cause = new DomainError('QUERY_TOO_COMPLEX', { limit, measure });
  return new GraphQLError(cause.message, {
    originalError: cause,
    extensions: { code: cause.code, http: { status: 400 } },
  });
}
