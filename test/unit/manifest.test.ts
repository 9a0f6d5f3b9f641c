import { describe, expect, test } from 'vitest';
import { decodeManifest, encodeManifest, toManifest } from '../../src/artifacts/manifest.js';
import { completedBackup, NOON, sampleArtifact } from '../support/samples.js';

const TOOL = { name: 'sqlite3 online backup', version: '3.50.0' };
const backup = completedBackup({ id: 'b-1', name: 'before-move', description: 'ünïcode 😀, "quoted"\\' });
const later = new Date(NOON.getTime() + 5000);

describe('a manifest', () => {
  test('says what the backup is, when it was taken and with what', () => {
    const manifest = toManifest(backup, { tool: TOOL, artifacts: [sampleArtifact()], completedAt: later });

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
      artifacts: [sampleArtifact()],
    });
  });

  test('comes back from its bytes as it was', () => {
    const artifacts = [sampleArtifact(), sampleArtifact({ database: "it's 100 %", encryption: 'age', system: true })];
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
    const bytes = encodeManifest(toManifest(backup, { tool: TOOL, artifacts: [sampleArtifact()], completedAt: later }));
    // The last byte is the line feed after the closing brace: without it the manifest is still whole.
    for (let length = 0; length < bytes.length - 1; length += 1) {
      expect(decodeManifest(bytes.subarray(0, length), 'b-1')).toBeNull();
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
  });
});
