import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../src/domain/errors.js';
import { BackupFailureCode } from '../../src/domain/backup.js';

const CODES = [...Object.keys(ERRORS), 'INTERNAL_SERVER_ERROR'];
const ROOT = new URL('../..', import.meta.url).pathname;

function readTests(folder: string): readonly string[] {
  const path = join(ROOT, 'test', folder);
  const names = readdirSync(path).filter((name) => name.endsWith('.test.ts') && name !== 'error-codes.test.ts');
  return names.map((name) => readFileSync(join(path, name), 'utf8'));
}

const TESTS = [...readTests('api'), ...readTests('e2e')].join('\n');

test.each(CODES)('README explains %s to whoever meets it', (code) => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

  expect(readme).toMatch(new RegExp(`^\\|\\s*\`${code}\`\\s*\\|.*\\S`, 'm'));
});

test.each(CODES)('a test provokes %s through the API', (code) => {
  expect(TESTS).toContain(`'${code}'`);
});

test.each(Object.values(BackupFailureCode))('a test makes a backup fail with %s', (code) => {
  expect(TESTS).toContain(`'${code}'`);
});
