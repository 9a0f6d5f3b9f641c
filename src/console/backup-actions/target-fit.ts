import { ENGINES, INSTANCE_STATUSES, ROLES } from '../display/words';
import type { BackupRecordFragment, Engine, InstanceRecordFragment } from '../gql/graphql';

type Source = Pick<BackupRecordFragment, 'engine' | 'engineVersion'>;
type Target = Pick<InstanceRecordFragment, 'engine' | 'engineVersion' | 'role' | 'status'>;

/** Why a backup cannot be restored to an instance now; undefined when it can, as far as the page knows: the server decides. */
export function findTargetRefusal(source: Source, target: Target): string | undefined {
  const { engine, engineVersion, role, status } = target;
  if (engine !== source.engine) return `Of another engine: ${ENGINES[engine]}`;
  if (isEarlier(engineVersion, source.engineVersion, toSeriesLength(source, target))) {
    return `Of an earlier version than the backup: ${engineVersion}, and not ${source.engineVersion}`;
  }
  if (role !== 'PRIMARY') return `Not a primary instance: ${ROLES[role]}`;
  return status === 'AVAILABLE' ? undefined : `Not available: ${INSTANCE_STATUSES[status]}`;
}

/** How many numbers of their versions tell whether dumps of one load into the other; 0 when they always do. */
function toSeriesLength(source: Source, target: Target): number {
  const lengths: Readonly<Record<Engine, number>> = {
    SQLITE: 0,
    // Until version 10 the major version was the first two numbers.
    POSTGRESQL: [source, target].some(({ engineVersion }) => (toNumbers(engineVersion)[0] ?? 0) < 10) ? 2 : 1,
    MYSQL: 2,
    MARIADB: 2,
    SQLSERVER: 1,
  };
  return lengths[source.engine];
}

function isEarlier(version: string, other: string, length: number): boolean {
  const [left, right] = [toNumbers(version), toNumbers(other)];
  for (let index = 0; index < length; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function toNumbers(version: string): readonly number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? '').split('.').map(Number);
}
