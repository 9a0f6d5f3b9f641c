import Select from '@cloudscape-design/components/select';
import type { ReactElement } from 'react';

interface OneOfFilterProps<K extends string> {
  /** What is chosen among, as in "engine". */
  readonly what: string;
  /** The choices, and their words. */
  readonly words: Readonly<Record<K, string>>;
  /** Those of the choices that can be made; all when not said. */
  readonly offered?: readonly K[];
  /** Null = any. */
  readonly chosen: K | null;
  readonly onChoose: (key: K | null) => void;
}

/** Narrows a list to one of a few values. */
export function OneOfFilter<K extends string>(props: OneOfFilterProps<K>): ReactElement {
  const { what, words, chosen, onChoose } = props;
  const { offered = Object.keys(words) as K[] } = props;
  const any = { value: '', label: `Any ${what}` };
  const options = [any, ...offered.map((value) => ({ value, label: words[value] }))];
  return (
    <Select
      ariaLabel={`Filter by ${what}`}
      options={options}
      selectedOption={options.find(({ value }) => value === chosen) ?? any}
      expandToViewport
      onChange={({ detail }) => {
        onChoose(offered.find((key) => key === detail.selectedOption.value) ?? null);
      }}
    />
  );
}
