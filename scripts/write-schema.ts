import { writeFileSync } from 'node:fs';
import { createSchema, printSorted } from '../src/graphql/schema.js';

/** Writes schema.graphql anew from the code: `npm run schema`. Resolvers are not called, so they need no services. */
const schema = await createSchema({} as Parameters<typeof createSchema>[0]);
writeFileSync(new URL('../schema.graphql', import.meta.url), printSorted(schema));
