import type { TextRule } from '../../domain/naming';

/** The server's own sentence when a text breaks its rule; undefined while it keeps it. */
export function findBreach(rule: TextRule, text: string): string | undefined {
  return rule.pattern.test(text) ? undefined : rule.sentence;
}
