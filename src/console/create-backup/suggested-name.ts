import { MAX_NAME_LENGTH } from '../../domain/naming';

/** As in -20261122-231907. */
const STAMP_LENGTH = 16;

/** A name that keeps the rule, says what was backed up and when (local time), and is new each second. */
export function suggestBackupName(instanceName: string, now: Date): string {
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map(toTwoDigits).join('');
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()].map(toTwoDigits).join('');
  return `${instanceName.slice(0, MAX_NAME_LENGTH - STAMP_LENGTH)}-${date}-${time}`;
}

function toTwoDigits(part: number): string {
  return part.toString().padStart(2, '0');
}
