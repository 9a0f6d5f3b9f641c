import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { getOperationAST, GraphQLError, OperationTypeNode, parse, validate } from 'graphql';
import type { DocumentNode, ExecutionArgs, GraphQLSchema } from 'graphql';
import type { Context, SubscribePayload } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import type { Extra } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { DomainError } from '../domain/errors.js';
import type { GraphQLContext } from '../graphql/context.js';
import { formatError } from '../graphql/errors.js';
import type { UnexpectedErrorLog } from '../graphql/errors.js';
import { assertWithinLimits, LIMITS } from '../graphql/limits.js';
import { isTrustedOrigin } from './trusted-origin.js';

/** Operations that one socket may have open at a time. */
const MAX_OPERATIONS_PER_SOCKET = 100;
/** Time between two pings; a peer that leaves one unanswered until the next is gone. */
const KEEP_ALIVE_MS = 12_000;
/** RFC 6455's registry: 1013 "Try Again Later". Clients reconnect after it, and resume with their cursor. */
const TRY_AGAIN_LATER = 1013;

type SocketContext = Context<Record<string, unknown>, Extra>;

/** What an operation's context is made from. */
export interface OperationOrigin extends Pick<GraphQLContext, 'dropSlowSubscriber'> {
  readonly requestId: string;
  /** True for a subscription. */
  readonly isLongLived: boolean;
}

interface GraphqlWebSocketDeps {
  readonly httpServer: Server;
  readonly path: string;
  readonly schema: GraphQLSchema;
  readonly maxMessageBytes: number;
  readonly createContext: (origin: OperationOrigin) => GraphQLContext;
  readonly logUnexpected: UnexpectedErrorLog;
}

/** GraphQL over WebSocket, the graphql-transport-ws protocol: subscriptions, and queries and mutations, too. */
export class GraphqlWebSocket {
  readonly #deps: GraphqlWebSocketDeps;
  readonly #sockets: WebSocketServer;
  readonly #dispose: () => void | Promise<void>;

  constructor(deps: GraphqlWebSocketDeps) {
    this.#deps = deps;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: deps.maxMessageBytes });
    deps.httpServer.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
    const { dispose } = useServer<Record<string, unknown>>(
      {
        onSubscribe: (context, _id, payload) => this.#prepare(context, payload),
        onNext: (...[, , , , { errors, data = null }]) =>
          errors === undefined ? undefined : { data, errors: errors.map((error) => this.#format(error)) },
        onError: (...[, , , errors]) => errors.map((error) => this.#format(error)),
      },
      this.#sockets,
      KEEP_ALIVE_MS,
    );
    this.#dispose = dispose;
  }

  /** Closes every socket with 1001, "Going away". */
  async close(): Promise<void> {
    await this.#dispose();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const [path] = (request.url ?? '').split('?');
    const refusal =
      path !== this.#deps.path ? '404 Not Found' : isTrustedOrigin(request.headers) ? null : '403 Forbidden';
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      this.#sockets.emit('connection', webSocket, request);
    });
  }

  /** What Apollo does for HTTP, with the same codes: parse, validate, limit. */
  #prepare(context: SocketContext, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
    const { schema, createContext } = this.#deps;
    if (Object.keys(context.subscriptions).length > MAX_OPERATIONS_PER_SOCKET) return [tooManyOperations()];
    const { query, variables, operationName } = payload;
    let document: DocumentNode;
    try {
      document = parse(query, { maxLexicalTokens: LIMITS.tokens });
    } catch (error) {
      return [withCode(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')];
    }
    const faults = validate(schema, document);
    if (faults.length > 0) return faults.map((fault) => withCode(fault, 'GRAPHQL_VALIDATION_FAILED'));
    const operation = getOperationAST(document, operationName);
    if (operation == null) return [unknownOperation(operationName)];
    try {
      assertWithinLimits({ schema, document, variables, operationName });
    } catch (error) {
      return [error as GraphQLError];
    }
    const { socket } = context.extra;
    return {
      schema,
      document,
      variableValues: variables ?? {},
      operationName: operationName ?? null,
      contextValue: createContext({
        requestId: randomUUID(),
        isLongLived: operation.operation === OperationTypeNode.SUBSCRIPTION,
        dropSlowSubscriber: () => {
          socket.close(TRY_AGAIN_LATER, 'Changes were missed: subscribe again, from the last cursor');
        },
      }),
    };
  }

  #format(error: GraphQLError): ReturnType<typeof formatError> {
    return formatError(error, this.#deps.logUnexpected);
  }
}

function withCode(error: GraphQLError, code: string): GraphQLError {
  const { message, nodes = null, source = null, positions = null } = error;
  return new GraphQLError(message, { nodes, source, positions, extensions: { code } });
}

/** In graphql-js's own words, which is what HTTP answers. */
function unknownOperation(operationName: string | null | undefined): GraphQLError {
  const message =
    operationName == null
      ? 'Must provide operation name if query contains multiple operations.'
      : `Unknown operation named "${operationName}".`;
  return new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } });
}

function tooManyOperations(): GraphQLError {
  const reason = `A socket can have at most ${MAX_OPERATIONS_PER_SOCKET.toString()} operations open. Complete some, or open another socket.`;
  const originalError = new DomainError('SERVICE_OVERLOADED', { reason });
  return new GraphQLError(reason, { originalError });
}
