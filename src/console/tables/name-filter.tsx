import TextFilter from '@cloudscape-design/components/text-filter';
import { useEffect, useEffectEvent, useState } from 'react';
import type { ReactElement } from 'react';

/** How long nothing is typed before it is looked for. */
const PAUSE_MS = 250;

interface NameFilterProps {
  /** The text that is looked for now. */
  readonly value: string;
  readonly onChange: (text: string) => void;
  /** What is looked for, as in "Find an instance by name". */
  readonly label: string;
  /** As in "3 matches"; shown while there is a text. */
  readonly countText: string;
}

/** A text to look for, which is passed on when its typist pauses. */
export function NameFilter({ value, onChange, label, countText }: NameFilterProps): ReactElement {
  const [text, setText] = useState(value);
  const [passedOn, setPassedOn] = useState(value);
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    setSeen(value);
    // It was changed elsewhere, as by "Clear filter": what was typed is void.
    if (value !== passedOn) {
      setText(value);
      setPassedOn(value);
    }
  }
  const passOn = useEffectEvent(() => {
    if (text === passedOn) return;
    setPassedOn(text);
    onChange(text);
  });
  useEffect(() => {
    const timer = window.setTimeout(passOn, PAUSE_MS);
    return () => {
      window.clearTimeout(timer);
    };
  }, [text]);
  return (
    <TextFilter
      filteringText={text}
      filteringPlaceholder={label}
      filteringAriaLabel={label}
      filteringClearAriaLabel="Clear"
      countText={countText}
      onChange={({ detail }) => {
        setText(detail.filteringText);
      }}
    />
  );
}
