import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { canHoldPassword } from './url-examples';
import type { UrlExample } from './url-examples';

interface UrlFieldProps {
  readonly label: ReactNode;
  readonly description: string;
  readonly value: string;
  readonly onChange: (url: string) => void;
  readonly example: UrlExample;
  readonly errorText: string | undefined;
}

/** A connection URL. It may hold a password, so it is masked unless the user wants to see it. */
export function UrlField({ label, description, value, onChange, example, errorText }: UrlFieldProps): ReactElement {
  const [isWanted, setWanted] = useState(false);
  const isSecret = canHoldPassword(value);
  const isShown = isWanted || !isSecret;
  return (
    <FormField
      label={label}
      description={description}
      constraintText={`As in ${example.url}. ${example.advice}`}
      {...(isSecret ? { secondaryControl: <ShowToggle isShown={isShown} onChange={setWanted} /> } : {})}
      {...(errorText === undefined ? {} : { errorText })}
    >
      <Input
        value={value}
        type={isShown ? 'text' : 'password'}
        placeholder={example.url}
        // None of the passwords that the browser keeps belongs here.
        autoComplete="new-password"
        disableBrowserAutocorrect
        spellcheck={false}
        onChange={({ detail }) => {
          onChange(detail.value);
        }}
      />
    </FormField>
  );
}

interface ShowToggleProps {
  readonly isShown: boolean;
  readonly onChange: (isShown: boolean) => void;
}

function ShowToggle({ isShown, onChange }: ShowToggleProps): ReactElement {
  return (
    <Toggle
      checked={isShown}
      onChange={({ detail }) => {
        onChange(detail.checked);
      }}
    >
      Show
    </Toggle>
  );
}
