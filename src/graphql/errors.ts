import { randomUUID } from 'node:crypto';
import type { ValidationError } from 'class-validator';
import { GraphQLError } from 'graphql';
import type { GraphQLErrorExtensions, GraphQLFormattedError } from 'graphql';
import { ArgumentValidationError } from 'type-graphql';
import { DomainError, isDomainError } from '../domain/errors.js';
import type { FieldFault } from '../domain/errors.js';
import { LIMITS, tooComplex } from './limits.js';

/** Codes of the GraphQL layer itself: the client's fault, with a message that is safe to show. */
const PROTOCOL_CODES: ReadonlySet<unknown> = new Set([
  'BAD_REQUEST',
  'BAD_USER_INPUT',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** Logs an unexpected error; the client is told only its id. */
export type UnexpectedErrorLog = (error: unknown, errorId: string) => void;

/**
 * The one way in which an error reaches a client, over HTTP and over WebSocket: `extensions` holds `code`, `retryable`
 * and the details of the code. What is not known to be meant for a client is masked, and logged under its id.
 */
export function formatError(error: GraphQLError, log: UnexpectedErrorLog): GraphQLFormattedError {
  const { message, extensions } = toPresentable(error, log);
  return {
    message,
    ...(error.locations === undefined ? {} : { locations: error.locations }),
    ...(error.path === undefined ? {} : { path: error.path }),
    extensions,
  };
}

interface Presentable {
  readonly message: string;
  readonly extensions: GraphQLErrorExtensions;
}

function toPresentable(error: GraphQLError, log: UnexpectedErrorLog): Presentable {
  const origin = unwrap(error);
  if (isDomainError(origin)) {
    const { message, code, retryable, details } = origin;
    return { message, extensions: { code, retryable, ...details } };
  }
  if (origin instanceof ArgumentValidationError) return fromFaults(toFaults(origin));
  if (isTooManyTokens(error)) return toPresentable(tooComplex('tokens', LIMITS.tokens), log);
  if (isBadVariable(error)) return fromFaults([toVariableFault(error.message)]);
  const code: unknown = error.extensions.code;
  if (PROTOCOL_CODES.has(code)) return { message: error.message, extensions: { code, retryable: false } };
  const errorId = randomUUID();
  log(origin, errorId);
  return {
    message: `The server met an error that it did not expect. Its log has the details, under the id ${errorId}.`,
    extensions: { code: 'INTERNAL_SERVER_ERROR', retryable: false, errorId },
  };
}

function unwrap(error: Error): Error {
  const { originalError } = error as Partial<GraphQLError>;
  return originalError === undefined ? error : unwrap(originalError);
}

function fromFaults(fields: readonly FieldFault[]): Presentable {
  const { message, code, retryable } = new DomainError('BAD_USER_INPUT', { fields });
  return { message, extensions: { code, retryable, fields } };
}

/** class-validator's own errors hold the whole input, values and all: only paths, rules and sentences leave. */
function toFaults(error: ArgumentValidationError): readonly FieldFault[] {
  const errors = error.extensions.validationErrors as readonly ValidationError[];
  return errors.flatMap((entry) => flatten(entry, ''));
}

function flatten(error: ValidationError, prefix: string): readonly FieldFault[] {
  const path = prefix + error.property;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({ path, rule, message }));
  return [...own, ...(error.children ?? []).flatMap((child) => flatten(child, `${path}.`))];
}

/** graphql-js gives this one no code of its own. */
function isTooManyTokens(error: GraphQLError): boolean {
  return error.message.endsWith('tokens. Parsing aborted.');
}

/**
 * graphql-js words a variable of the wrong type so; over WebSocket nobody has given it a code yet. What a resolver throws
 * has a path.
 */
function isBadVariable(error: GraphQLError): boolean {
  return error.message.startsWith('Variable "$') && error.path === undefined;
}

/** The message repeats the whole value, in which a connection URL may stand: only what is wrong with it leaves. */
function toVariableFault(message: string): FieldFault {
  const [, variable = ''] = /^Variable "\$([^"]+)"/.exec(message) ?? [];
  if (!message.includes('" got invalid value ')) return { path: variable, rule: 'type', message };
  const end = message.lastIndexOf('; ');
  const [, path = variable] = / at "([^"]+)"$/.exec(message.slice(0, end)) ?? [];
  const reason = message.slice(end + 2).replace(/ (non string value|cannot represent value): .*$/s, ' $1.');
  return { path: path.replace(/^input\./, ''), rule: 'type', message: `Variable "$${path}": ${reason}` };
}
