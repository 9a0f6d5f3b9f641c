import { pino } from 'pino';
import { startApp } from './app.js';
import type { App } from './app.js';
import { AgeKeysError } from './artifacts/age-keys.js';
import { DataDirLockedError } from './catalog/data-dir-lock.js';
import { ConfigError, readConfig } from './config.js';
import type { Config } from './config.js';
import { messageOf } from './domain/errors.js';

/** Threads that the catalog and the store need beside the backups. */
const SPARE_THREADS = 2;

/** Runs the server until a signal stops it. Exit code 0: stopped cleanly; 1: could not start, or met a fatal error. */
async function main(): Promise<void> {
  const config = readConfigOrExit();
  const logger = pino({ level: config.logLevel });
  const die = (error: unknown): void => {
    logger.fatal({ err: error }, 'fatal error');
    process.exit(1);
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);

  const neededThreads = config.maxConcurrentBackups + SPARE_THREADS;
  if (config.threadPoolSize < neededThreads) {
    logger.warn(
      `so many MAX_CONCURRENT_BACKUPS can block the server: set UV_THREADPOOL_SIZE=${neededThreads.toString()}`,
    );
  }

  let app: App;
  try {
    app = await startApp(config, { logger });
  } catch (error) {
    const reason = explain(error, config);
    if (reason === null) die(error);
    else console.error(reason);
    process.exit(1);
  }
  logger.info({ url: app.url, graphiql: `${app.url}/graphiql`, dataDir: config.dataDir }, 'ready');

  const stop = (signal: NodeJS.Signals): void => {
    logger.info({ signal }, 'stopping');
    app.stop().then(() => process.exit(0), die);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

/** What a person at the terminal can do about it; null for what only the log can tell. */
function explain(error: unknown, { host, port, catalog }: Config): string | null {
  if (error instanceof DataDirLockedError || error instanceof AgeKeysError) return error.message;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `Port ${port.toString()} of ${host} is in use. Stop its server, or set PORT.`;
  if (syscall === 'connect' && catalog.kind === 'postgres')
    return `The catalog of DATABASE_URL cannot be reached: ${messageOf(error)}`;
  return null;
}

function readConfigOrExit(): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return process.exit(1);
  }
}

await main();
