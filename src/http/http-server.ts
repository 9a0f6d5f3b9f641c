import { randomUUID } from 'node:crypto';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import { fastify } from 'fastify';
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { localOperator } from '../domain/caller.js';
import { DomainError, ERRORS } from '../domain/errors.js';
import type { GraphQLContext } from '../graphql/context.js';
import { Loaders } from '../graphql/loaders.js';
import { DOWNLOADS_PATH } from '../services/download-links.js';
import type { DownloadLinks } from '../services/download-links.js';
import type { ListBackups } from '../services/list-backups.js';
import type { ListInstances } from '../services/list-instances.js';
import type { ListRestores } from '../services/list-restores.js';
import type { WatchBackups } from '../services/watch-backups.js';
import type { WatchDeletions } from '../services/watch-deletions.js';
import type { WatchInstanceStatus } from '../services/watch-instance-status.js';
import type { WatchRestores } from '../services/watch-restores.js';
import { routeConsole } from './console.js';
import { routeDownloads } from './download.js';
import { renderGraphiqlPage } from './graphiql.js';
import { createApolloServer } from './graphql-http.js';
import { GraphqlWebSocket } from './graphql-websocket.js';
import type { OperationOrigin } from './graphql-websocket.js';
import type { Metrics } from './metrics.js';
import { addSecurityHeaders, GRAPHIQL_POLICY } from './security-headers.js';
import { isTrustedOrigin } from './trusted-origin.js';

const GRAPHQL_PATH = '/graphql';
/** Largest request body, and largest WebSocket message. */
const MAX_BODY_BYTES = 256 * 1024;

/** How long a request may take to arrive. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How long requests under way may take to end once the server closes. */
const CLOSE_TIMEOUT_MS = 5000;

export interface HttpServerDeps {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly listInstances: ListInstances;
  readonly listBackups: ListBackups;
  readonly listRestores: ListRestores;
  readonly watchInstanceStatus: WatchInstanceStatus;
  readonly watchBackups: WatchBackups;
  readonly watchRestores: WatchRestores;
  readonly watchDeletions: WatchDeletions;
  readonly downloadLinks: DownloadLinks;
  /** Folder of the console, as Vite builds it. */
  readonly consoleDir: string;
  /** Null when ready; otherwise why not. */
  readonly findUnreadiness: () => Promise<string | null>;
}

/** The server's face: GraphQL over HTTP and WebSocket, GraphiQL, the console, downloads, health and metrics. */
export class HttpServer {
  readonly #fastify: FastifyInstance;
  readonly #deps: HttpServerDeps;
  readonly #apollo: ReturnType<typeof createApolloServer>;
  readonly #webSocket: GraphqlWebSocket;
  #isClosing = false;

  constructor(deps: HttpServerDeps) {
    this.#deps = deps;
    const logger = deps.logger as FastifyBaseLogger;
    this.#fastify = fastify({
      loggerInstance: logger,
      bodyLimit: MAX_BODY_BYTES,
      forceCloseConnections: 'idle',
      return503OnClosing: false,
      requestTimeout: REQUEST_TIMEOUT_MS,
      genReqId: () => randomUUID(),
    });
    const logUnexpected = (error: unknown, errorId: string): void => {
      deps.logger.error({ err: error, errorId }, 'unexpected error');
    };
    this.#apollo = createApolloServer({ schema: deps.schema, logger: deps.logger, logUnexpected });
    this.#webSocket = new GraphqlWebSocket({
      httpServer: this.#fastify.server,
      path: GRAPHQL_PATH,
      schema: deps.schema,
      maxMessageBytes: MAX_BODY_BYTES,
      createContext: (operation) => this.#createContext(operation),
      logUnexpected,
    });
  }

  /** @returns the base URL that it listens on */
  async listen(host: string, port: number): Promise<string> {
    await this.#apollo.start();
    await addSecurityHeaders(this.#fastify);
    this.#fence();
    this.#routeGraphql();
    await routeConsole(this.#fastify, this.#deps.consoleDir);
    routeDownloads(this.#fastify, this.#deps.downloadLinks);
    this.#routeOperations();
    return this.#fastify.listen({ host, port });
  }

  /** Sockets get 1001; requests under way are answered, if they end soon. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#webSocket.close();
    const { server } = this.#fastify;
    const force = setTimeout(() => {
      server.closeAllConnections();
    }, CLOSE_TIMEOUT_MS);
    await this.#fastify.close();
    clearTimeout(force);
    await this.#apollo.stop();
  }

  #createContext({ requestId, isLongLived, dropSlowSubscriber }: OperationOrigin): GraphQLContext {
    const { watchInstanceStatus, watchBackups, watchRestores, watchDeletions } = this.#deps;
    const watches = { watchInstanceStatus, watchBackups, watchRestores, watchDeletions };
    const caller = localOperator(requestId);
    const loaders = new Loaders(this.#deps, caller, isLongLived);
    return { caller, loaders, ...watches, dropSlowSubscriber };
  }

  #fence(): void {
    this.#fastify.addHook('onRequest', (request, reply, done) => {
      if (this.#isClosing) {
        const { message, code } = new DomainError('SERVICE_SHUTTING_DOWN', {});
        void reply.code(503).header('connection', 'close').send(toBody(message, code));
        return;
      }
      // Whoever has a link may come from anywhere: its signature is the fence.
      if (request.url.startsWith(`${DOWNLOADS_PATH}/`) || isTrustedOrigin(request.headers)) {
        done();
        return;
      }
      const message = 'Only pages of this server, and programs on this machine, may use it: Host or Origin is another.';
      void reply.code(403).send(toBody(message, 'FORBIDDEN'));
    });
    this.#fastify.addHook('onSend', async (_request, reply) => {
      // A connection that is kept alive would keep the server from closing.
      if (this.#isClosing) reply.header('connection', 'close');
    });
    this.#fastify.setNotFoundHandler((_request, reply) => {
      void reply
        .code(404)
        .send(
          toBody(
            'There is nothing here. The console is at /, the API at /graphql, GraphiQL at /graphiql.',
            'NOT_FOUND',
          ),
        );
    });
    this.#fastify.setErrorHandler((error: FastifyError, request, reply) => {
      const status = error.statusCode ?? 500;
      if (status < 500) {
        void reply.code(status).send(toBody(error.message, 'BAD_REQUEST'));
        return;
      }
      request.log.error({ err: error, errorId: request.id }, 'unexpected error');
      void reply.code(500).send(toBody(`The server met an unexpected error, ${request.id}.`, 'INTERNAL_SERVER_ERROR'));
    });
  }

  #routeGraphql(): void {
    const context = ({ id: requestId }: FastifyRequest): Promise<GraphQLContext> =>
      Promise.resolve(this.#createContext({ requestId, isLongLived: false, dropSlowSubscriber: () => undefined }));
    this.#fastify.post(GRAPHQL_PATH, fastifyApolloHandler(this.#apollo, { context }));
    this.#fastify.get(GRAPHQL_PATH, (request, reply) => {
      if (request.headers.accept?.includes('text/html') === true) return reply.redirect('/graphiql');
      const message = 'Send operations by POST, or over WebSocket. GraphiQL is at /graphiql.';
      return reply.code(405).header('allow', 'POST').send(toBody(message, 'BAD_REQUEST'));
    });
    let graphiql: Promise<Buffer> | null = null;
    const policy = { helmet: { contentSecurityPolicy: GRAPHIQL_POLICY } };
    this.#fastify.get('/graphiql', policy, async (_request, reply) => {
      graphiql ??= renderGraphiqlPage();
      return reply
        .type('text/html; charset=utf-8')
        .header('content-encoding', 'gzip')
        .send(await graphiql);
    });
  }

  #routeOperations(): void {
    const { metrics, findUnreadiness } = this.#deps;
    const quiet = { logLevel: 'warn' } as const;
    this.#fastify.get('/livez', quiet, () => ({ status: 'ok' }));
    this.#fastify.get('/readyz', quiet, async (_request, reply) => {
      const reason = await findUnreadiness();
      return reason === null ? { status: 'ok' } : reply.code(503).send({ status: 'unavailable', reason });
    });
    this.#fastify.get('/metrics', quiet, async (_request, reply) =>
      reply.type(metrics.contentType).send(await metrics.render()),
    );
  }
}

/** The shape of a GraphQL answer, so that clients need to know only one. */
function toBody(message: string, code: string): object {
  const retryable = code in ERRORS && ERRORS[code as keyof typeof ERRORS].retryable;
  return { errors: [{ message, extensions: { code, retryable } }] };
}
