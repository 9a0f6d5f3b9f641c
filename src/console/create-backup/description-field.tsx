import FormField from '@cloudscape-design/components/form-field';
import Textarea from '@cloudscape-design/components/textarea';
import type { ReactElement } from 'react';

/** Longest description, in characters. */
const MAX_LENGTH = 256;

interface DescriptionFieldProps {
  readonly value: string;
  readonly onChange: (description: string) => void;
  readonly errorText: string | undefined;
}

export function DescriptionField({ value, onChange, errorText }: DescriptionFieldProps): ReactElement {
  // Characters are code points, as the server counts them.
  const length = Array.from(value).length;
  const hint = `One line without >!<"&'= (${length.toString()} of at most ${MAX_LENGTH.toString()} characters).`;
  return (
    <FormField
      label={
        <>
          Description <i>- optional</i>
        </>
      }
      {...(errorText === undefined ? { constraintText: hint } : { errorText })}
    >
      <Textarea
        value={value}
        rows={2}
        onChange={({ detail }) => {
          onChange(detail.value);
        }}
      />
    </FormField>
  );
}
