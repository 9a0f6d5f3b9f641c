import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import type { ReactElement } from 'react';

interface TypedConfirmationProps {
  /** What is to be typed: the name of the thing, or a word. */
  readonly expected: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** For what cannot be undone: the button stays disabled until the word is typed. */
export function TypedConfirmation({ expected, value, onChange }: TypedConfirmationProps): ReactElement {
  return (
    <FormField
      label={
        <>
          To confirm, type <strong>{expected}</strong>
        </>
      }
    >
      <Input
        value={value}
        placeholder={expected}
        autoComplete={false}
        spellcheck={false}
        onChange={({ detail }) => {
          onChange(detail.value);
        }}
      />
    </FormField>
  );
}
