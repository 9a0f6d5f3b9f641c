import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ERRORS } from '../../src/domain/errors.js';
import { BackupFailureCode } from '../../src/domain/backup.js';
import { RestoreFailureCode } from '../../src/domain/restore.js';

const CODES = [...Object.keys(ERRORS), 'INTERNAL_SERVER_ERROR'];
const ROOT = new URL('../..', import.meta.url).pathname;

function readTests(folder: string, begin = ''): readonly string[] {
  const path = join(ROOT, 'test', folder);
  const isTest = (name: string): boolean => name.endsWith('.test.ts') && name !== 'error-codes.test.ts';
  const names = readdirSync(path).filter((name) => isTest(name) && name.startsWith(begin));
  return names.map((name) => readFileSync(join(path, name), 'utf8'));
}

const TESTS = [...readTests('api'), ...readTests('e2e')].join('\n');
const RESTORE_TESTS = readTests('e2e', 'restore').join('\n');

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

test.each(Object.values(RestoreFailureCode))('a test makes a restore fail with %s', (code) => {
  expect(RESTORE_TESTS).toContain(`'${code}'`);
});
