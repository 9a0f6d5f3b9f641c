import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { NamelessDump } from '../../src/engines/mysql/nameless-dump.js';

async function pass(text: string, database: string, size: number): Promise<string> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_value, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const passed: Buffer[] = [];
  for await (const chunk of Readable.from(chunks).pipe(new NamelessDump(database))) passed.push(chunk as Buffer);
  return Buffer.concat(passed).toString('utf8');
}

/** As the tools write it around a routine, and around an event. */
function around(name: string, body: string, end: ';' | ';;'): string {
  const place = name === '' ? 'ALTER DATABASE' : `ALTER DATABASE ${name}`;
  return `/*!50003 DROP PROCEDURE IF EXISTS \`p\` */;
${end === ';;' ? 'DELIMITER ;;\n' : ''}${place} CHARACTER SET latin1 COLLATE latin1_swedish_ci ${end}
/*!50003 SET @saved_cs_client      = @@character_set_client */ ${end}
${end === ';' ? 'DELIMITER ;;\n' : ''}CREATE DEFINER=\`root\`@\`localhost\` PROCEDURE \`p\`()
${body}
;;
${end === ';' ? 'DELIMITER ;\n' : ''}/*!50003 SET collation_connection  = @saved_col_connection */ ${end}
${place} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci ${end}
${end === ';;' ? 'DELIMITER ;\n' : ''}`;
}

const EVERY_SIZE = Array.from({ length: 400 }, (_value, index) => index + 1);

describe('a dump without the name of its database', () => {
  const text = (name: string): string =>
    [';', ';;', ';', ';']
      .map((end) => around(name, 'BEGIN SELECT 1; END', end as ';'))
      .join('-- Dumping events for database `x`\n');

  test('is the same in chunks of every size', async () => {
    for (const size of [...EVERY_SIZE, 10_000]) expect(await pass(text('`a``b ü`'), 'a`b ü', size)).toBe(text(''));
  });

  test('keeps the body of a routine that holds such a statement in a text of its own', async () => {
    const statement = 'ALTER DATABASE `shop` CHARACTER SET latin1 COLLATE latin1_bin ;';
    const body = `BEGIN SELECT '\n${statement}\n${statement};\nDELIMITER ;\n${statement}\n'; END`;
    for (const end of [';', ';;'] as const) {
      for (const size of [...EVERY_SIZE, 10_000]) {
        expect(await pass(around('`shop`', body, end), 'shop', size)).toBe(around('', body, end));
      }
    }
  });

  test('keeps every other byte', async () => {
    const other =
      'ALTER DATABASE `shop` CHARACTER SET x\n ALTER DATABASE `shop` CHARACTER SET\n\n\nALTER DATABASE `shopping` CHARACTER SET y\nALTER DATABASE `shop` ';
    for (const size of [1, 13, 1000]) expect(await pass(other, 'shop', size)).toBe(other);
    expect(await pass('', 'shop', 1)).toBe('');
  });
});
