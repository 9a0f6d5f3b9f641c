import { createDataSource } from './src/catalog/data-source.js';
import { readConfig } from './src/config.js';

/** For TypeORM's command line: `npm run typeorm -- migration:show`. The server migrates by itself when it starts. */
export default createDataSource(readConfig(process.env, []).catalog);
