import { useSearchParams } from 'react-router';

type Change = (changed: Readonly<Record<string, string | null>>) => void;

/** What a page is narrowed to, as its URL says. A change makes no step in the browser's history; null or empty takes away. */
export function useUrlParameters(): readonly [URLSearchParams, Change] {
  const [parameters, setParameters] = useSearchParams();
  const change: Change = (changed) => {
    setParameters(
      (known) => {
        for (const [key, value] of Object.entries(changed)) {
          if (value === null || value === '') known.delete(key);
          else known.set(key, value);
        }
        return known;
      },
      { replace: true },
    );
  };
  return [parameters, change];
}

/** A URL may be written by hand: what is no key of the words counts for nothing. */
export function findKey<K extends string>(words: Readonly<Record<K, string>>, text: string | null): K | null {
  return text !== null && Object.hasOwn(words, text) ? (text as K) : null;
}
