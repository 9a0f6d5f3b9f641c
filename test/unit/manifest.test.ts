import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeManifest, encodeManifest, toManifest } from '../../src/artifacts/manifest.js';
import { completedBackup, NOON, sampleArtifact } from '../support/samples.js';

const TOOL = { name: 'sqlite3 online backup', version: '3.50.0' };
const backup = completedBackup({ id: 'b-1', name: 'before-move', description: 'ünïcode 😀, "quoted"\\' });
const held = { ...sampleArtifact(), contents: { tables: [{ name: 'orders', rows: 3 }], attributes: null } };
const later = new Date(NOON.getTime() + 5000);

describe('a manifest', () => {
  test('says what the backup is, when it was taken and with what', () => {
    const manifest = toManifest(backup, { tool: TOOL, artifacts: [held], completedAt: later });

    expect(manifest).toEqual({
      formatVersion: 1,
      backup: {
        id: 'b-1',
        name: 'before-move',
        description: backup.description,
        type: 'MANUAL',
        project: 'default',
        region: 'local',
        instanceId: backup.instanceId,
        instanceName: 'shop',
        engine: 'SQLITE',
        engineVersion: '3.50.0',
        startedAt: '2026-03-01T12:00:00.000Z',
        completedAt: '2026-03-01T12:00:05.000Z',
      },
      tool: TOOL,
      artifacts: [held],
    });
  });

  test('comes back from its bytes as it was', () => {
    const artifacts = [
      held,
      { ...sampleArtifact({ database: "it's 100 %", encryption: 'age', system: true }), contents: null },
    ];
    const manifest = toManifest(backup, { tool: TOOL, artifacts, completedAt: later });
    expect(decodeManifest(encodeManifest(manifest), 'b-1')).toEqual(manifest);
  });

  test('is text that a person can read, and ends in a line feed', () => {
    const text = encodeManifest(toManifest(backup, { tool: TOOL, artifacts: [], completedAt: later })).toString('utf8');
    expect(text).toMatch(/^\{\n {2}"formatVersion": 1,\n[^]*\}\n$/);
  });

  test('of another backup is not taken for this one', () => {
    expect(
      decodeManifest(encodeManifest(toManifest(backup, { tool: TOOL, artifacts: [], completedAt: later })), 'b-2'),
    ).toBeNull();
  });

  test('cut short anywhere is none', () => {
    const bytes = encodeManifest(toManifest(backup, { tool: TOOL, artifacts: [held], completedAt: later }));
    for (let length = 0; length < bytes.length; length += 1) {
      expect(decodeManifest(bytes.subarray(0, length), 'b-1')).toBeNull();
    }
  });

  test('with any bit of any byte changed is none', () => {
    const bytes = encodeManifest(toManifest(backup, { tool: TOOL, artifacts: [held], completedAt: later }));
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeManifest(changed, 'b-1')).toBeNull();
    }
  });

  test.each([
    ['null', 'null'],
    ['a number', '1'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['one without artifacts', '{"formatVersion":1,"backup":{"id":"b-1"}}'],
    ['one with artifacts that are no list', '{"formatVersion":1,"backup":{"id":"b-1"},"artifacts":{}}'],
    ['one of a later format', '{"formatVersion":2,"backup":{"id":"b-1"},"artifacts":[]}'],
    ['one without a backup', '{"formatVersion":1,"artifacts":[]}'],
    ['bytes that are no UTF-8', '\xff\xfe'],
  ])('is not read from %s', (_what, text) => {
    expect(decodeManifest(Buffer.from(text, 'latin1'), 'b-1')).toBeNull();
    expect(decodeManifest(withOwnHash(text), 'b-1')).toBeNull();
  });
});

/** As `encodeManifest` would end it, so that only what it says can be wrong with it. */
function withOwnHash(text: string): Buffer {
  const open = `${text.replace(/\}$/, '')}${text.length > 2 ? ',' : ''}\n  "manifestSha256": "${'0'.repeat(64)}"\n}\n`;
  const sha256 = createHash('sha256').update(Buffer.from(open, 'latin1')).digest('hex');
  return Buffer.from(open.replace('0'.repeat(64), sha256), 'latin1');
}
