import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import type { ReactElement } from 'react';

interface TextFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly errorText: string | undefined;
  readonly constraintText?: string;
}

/** A short text that the browser neither completes nor corrects. */
export function TextField({ label, value, onChange, errorText, constraintText }: TextFieldProps): ReactElement {
  return (
    <FormField label={label} constraintText={constraintText} {...(errorText === undefined ? {} : { errorText })}>
      <Input
        value={value}
        autoComplete={false}
        disableBrowserAutocorrect
        spellcheck={false}
        onChange={({ detail }) => {
          onChange(detail.value);
        }}
      />
    </FormField>
  );
}
