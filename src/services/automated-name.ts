import type { Instance } from '../domain/instance.js';
import { MAX_NAME_LENGTH } from '../domain/naming.js';

/** The cloud's own form: engine, instance and 17 digits of the moment in UTC. A long instance name is cut. */
export function toAutomatedName({ engine, name }: Pick<Instance, 'engine' | 'name'>, at: Date): string {
  const digits = at.toISOString().replace(/\D/g, '');
  const ends = [engine.toLowerCase(), digits] as const;
  const room = MAX_NAME_LENGTH - ends.join('--').length;
  return [ends[0], name.slice(0, room), ends[1]].join('-');
}
