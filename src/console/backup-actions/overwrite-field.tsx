import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { toRefusal } from '../api/refusal';
import type { RestoredDatabase } from './restored-databases';
import type { TargetDatabases } from './use-target-databases';

interface OverwriteFieldProps {
  readonly targetName: string;
  readonly target: TargetDatabases;
  /** Databases that are to be restored under names that the target has. */
  readonly clashes: readonly RestoredDatabase[];
  readonly value: boolean;
  readonly onChange: (overwrite: boolean) => void;
  readonly onAskAgain: () => void;
  readonly onEvade: () => void;
  readonly errorText: string | undefined;
}

/** Whether databases that the target has may be replaced, and what that means here and now. */
export function OverwriteField(props: OverwriteFieldProps): ReactElement {
  const { targetName, target, clashes, value, onChange, onAskAgain, onEvade, errorText } = props;
  return (
    <SpaceBetween size="l">
      {target.state === 'unknown' && (
        <Alert
          type="warning"
          header={`${targetName} could not be asked which databases it has`}
          action={
            <Button iconName="refresh" formAction="none" onClick={onAskAgain}>
              Ask Again
            </Button>
          }
        >
          {toRefusal(target.error).message}
        </Alert>
      )}
      {clashes.length > 0 && !value && (
        <Alert
          type="warning"
          header={`${targetName} has ${toNames(clashes)} already`}
          action={
            <Button formAction="none" onClick={onEvade}>
              Use Other Names
            </Button>
          }
        >
          Restore under other names, beside what is there, or choose below to overwrite it.
        </Alert>
      )}
      <FormField {...(errorText === undefined ? {} : { errorText })}>
        <Checkbox
          checked={value}
          description="What is there stays as it is until what replaces it is wholly loaded."
          onChange={({ detail }) => {
            onChange(detail.checked);
          }}
        >
          Overwrite databases that have these names
        </Checkbox>
      </FormField>
      {value && clashes.length > 0 && (
        <Alert type="warning" header={`${toNames(clashes)} on ${targetName} will be replaced`}>
          What is in there now is lost, also what was written after the backup. Back it up first if it may be needed.
        </Alert>
      )}
      {value && target.state === 'unknown' && (
        <Alert type="warning" header={`What ${targetName} has under these names will be replaced`}>
          What is in there now is lost, also what was written after the backup.
        </Alert>
      )}
    </SpaceBetween>
  );
}

function toNames(clashes: readonly RestoredDatabase[]): string {
  const [first, second] = clashes.map(({ restoreAs }) => restoreAs);
  if (clashes.length > 2) return `${clashes.length.toString()} of these databases`;
  return [first, second].filter((name) => name !== undefined).join(' and ');
}
