import Select from '@cloudscape-design/components/select';
import type { ReactElement } from 'react';

interface OneOfFilterProps<K extends string> {
  /** What is chosen among, as in "engine". */
  readonly what: string;
  /** The choices, and their words. */
  readonly words: Readonly<Record<K, string>>;
  /** Null = any. */
  readonly chosen: K | null;
  readonly onChoose: (key: K | null) => void;
}

/** Narrows a list to one of a few values. */
export function OneOfFilter<K extends string>({ what, words, chosen, onChoose }: OneOfFilterProps<K>): ReactElement {
  const any = { value: '', label: `Any ${what}` };
  const entries = Object.entries(words) as [K, string][];
  const options = [any, ...entries.map(([value, label]) => ({ value, label }))];
  return (
    <Select
      ariaLabel={`Filter by ${what}`}
      options={options}
      selectedOption={options.find(({ value }) => value === chosen) ?? any}
      expandToViewport
      onChange={({ detail }) => {
        onChoose(entries.find(([key]) => key === detail.selectedOption.value)?.[0] ?? null);
      }}
    />
  );
}
