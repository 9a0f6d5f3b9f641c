import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SECRET_KEY_BYTES } from './secret-box.js';

/**
 * The key generated for this data directory, mode 0600; made at the first start. It is durable before it is used: a
 * credential sealed with a key that a crash has lost could never be read again.
 */
export async function loadSecretKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'secret.key');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  });
  const key = text === null ? await generate(path) : Buffer.from(text.trim(), 'base64');
  if (key.length === SECRET_KEY_BYTES) return key;
  throw new Error(`${path} does not hold a key of ${SECRET_KEY_BYTES.toString()} bytes. Put the original file back.`);
}

async function generate(path: string): Promise<Buffer> {
  const key = randomBytes(SECRET_KEY_BYTES);
  const temporary = `${path}.part`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(`${key.toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  return key;
}
