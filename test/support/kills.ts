/** How often a test kills a process at a moment of chance. More of them find rarer faults, and take longer. */
export const KILLS = readKills(process.env.TEST_KILLS ?? '4');

function readKills(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(`TEST_KILLS is to be a whole number above zero, not "${text}".`);
}
