import { byte, shortText, uint16, uint32 } from './bytes.js';
import { encode, toWireType, typeInfo } from './values.js';
import type { Column, Value } from './handler.js';

const COLMETADATA = 0x81;
const ROW = 0xd1;
const NULLABLE = 0x01;

/** The columns, and then each row. */
export function rowTokens(columns: readonly Column[], rows: readonly (readonly Value[])[]): Buffer {
  const types = columns.map(({ type }, index) =>
    toWireType(
      type,
      rows.map((row) => row[index] ?? null),
    ),
  );
  const userType = uint32(0);
  const tokens = [byte(COLMETADATA), uint16(columns.length)];
  types.forEach((type, index) => {
    tokens.push(userType, uint16(NULLABLE), typeInfo(type), shortText(columns[index]?.name ?? ''));
  });
  for (const row of rows) {
    tokens.push(byte(ROW), ...types.map((type, index) => encode(row[index] ?? null, type)));
  }
  return Buffer.concat(tokens);
}
