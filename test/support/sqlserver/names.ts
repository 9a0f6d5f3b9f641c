/** Names that need care, each legal. */
export const ODD_NAMES = ['a]b', "a'b", 'a b', 'größe 数据', '[x]', "N'; DROP DATABASE [stock]--", 'x'.repeat(128)];

/** Names that no database can be restored to. */
export const FAULTY_NAMES = [
  '',
  ' ',
  'x '.repeat(64),
  'x'.repeat(129),
  'a\0b',
  'master',
  'Model',
  'MSDB',
  'tempdb',
  `rds_restore_${'a'.repeat(24)}`,
];
