import type { TextRule } from '../../domain/naming';

/** What a name has to be, before anything is wrong with it: the rule of instances and of backups. */
export const NAME_HINT =
  '4 to 64 characters: letters, digits, hyphens (-), and underscores (_), starting with a letter.';

/** The server's own sentence when a text breaks its rule; undefined while it keeps it. */
export function findBreach(rule: TextRule, text: string): string | undefined {
  return rule.pattern.test(text) ? undefined : rule.sentence;
}
