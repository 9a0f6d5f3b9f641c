import { useMutation } from '@apollo/client/react';
import Alert from '@cloudscape-design/components/alert';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import type { SelectProps } from '@cloudscape-design/components/select';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { findFault } from '../api/refusal';
import { Dialog } from '../forms/dialog';
import { TypedConfirmation } from '../forms/typed-confirmation';
import { useAction } from '../forms/use-action';
import { useConfirmation } from '../forms/use-confirmation';
import type { InstanceRecordFragment, Weekday } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import {
  ALL_WEEKDAYS,
  findTimeZone,
  formatLocalStart,
  formatLocalWindow,
  isLocalUtc,
  START_TIMES,
} from './backup-window';
import { SET_BACKUP_POLICY } from './operations';
import { WeekdaysField } from './weekdays-field';

const MIN_KEEP_DAYS = 1;
const MAX_KEEP_DAYS = 732;

/** What is proposed to whom has no policy yet. */
const PROPOSED = { enabled: true, startTime: '02:00', weekdays: ALL_WEEKDAYS, keepDays: 7 };

interface EditPolicyDialogProps {
  readonly instance: InstanceRecordFragment;
  readonly onDismiss: () => void;
}

/** Sets when automated backups of an instance are taken, and how long they are kept. */
export function EditPolicyDialog({ instance, onDismiss }: EditPolicyDialogProps): ReactElement {
  const { notices } = useConsole();
  const [initial] = useState(instance.backupPolicy ?? PROPOSED);
  const [enabled, setEnabled] = useState(initial.enabled);
  const [startTime, setStartTime] = useState(initial.startTime);
  const [weekdays, setWeekdays] = useState<readonly Weekday[]>(initial.weekdays);
  const [keepDays, setKeepDays] = useState(initial.keepDays.toString());
  const [openedWith] = useState(instance.backupPolicy?.updatedAt);
  const [confirmation, setConfirmation] = useConfirmation(keepDays);
  const [setBackupPolicy] = useMutation(SET_BACKUP_POLICY);
  const { run, isBusy, refusal, forgetRefusal } = useAction(async () => {
    const input = { instanceId: instance.id, enabled, startTime, weekdays: [...weekdays], keepDays: Number(keepDays) };
    await setBackupPolicy({ variables: { input } });
    notices.add({
      id: `policy-${instance.id}`,
      type: 'success',
      header: `The backup policy of ${instance.name} is set.`,
      content: enabled ? 'Automated backups are enabled.' : 'Automated backups are disabled.',
    });
    onDismiss();
  });
  const keepDaysBreach = findKeepDaysBreach(keepDays);
  const startTimeFault = findFault(refusal, 'startTime');
  // Saving would undo it unseen, and a shorter time deletes at once.
  const isOvertaken = !isBusy && instance.backupPolicy?.updatedAt !== openedWith;
  const isShorter = keepDaysBreach === undefined && Number(keepDays) < (instance.backupPolicy?.keepDays ?? 0);

  return (
    <Dialog
      header={`Backup policy of ${instance.name}`}
      isBusy={isBusy}
      refusal={refusal}
      submitLabel="Save"
      isSubmitDisabled={
        keepDaysBreach !== undefined ||
        weekdays.length === 0 ||
        isOvertaken ||
        (isShorter && confirmation !== instance.name)
      }
      onSubmit={run}
      onDismiss={onDismiss}
    >
      {isOvertaken && <OvertakenWarning />}
      <Toggle
        checked={enabled}
        description="One backup of all databases in each window. While disabled none are taken; those that are there expire all the same."
        onChange={({ detail }) => {
          setEnabled(detail.checked);
          forgetRefusal();
        }}
      >
        Take automated backups
      </Toggle>
      <WeekdaysField
        value={weekdays}
        errorText={findFault(refusal, 'weekdays')}
        onChange={(chosen) => {
          setWeekdays(chosen);
          forgetRefusal();
        }}
      />
      <FormField
        label="Start time (UTC)"
        description="The backup is begun at a random moment of the hour from then on."
        constraintText={describeLocal(startTime)}
        {...(startTimeFault === undefined ? {} : { errorText: startTimeFault })}
      >
        <Select
          selectedOption={{ value: startTime, label: startTime }}
          options={START_TIMES.map(toOption)}
          filteringType="auto"
          filteringPlaceholder="Find a time"
          filteringAriaLabel="Find a time"
          empty="There is no such time: windows begin at each quarter of an hour."
          onChange={({ detail }) => {
            setStartTime(detail.selectedOption.value ?? startTime);
            forgetRefusal();
          }}
        />
      </FormField>
      <KeepDaysField
        value={keepDays}
        errorText={keepDaysBreach ?? findFault(refusal, 'keepDays')}
        onChange={(days) => {
          setKeepDays(days);
          forgetRefusal();
        }}
      />
      {isShorter && <ShorterWarning instance={instance} value={confirmation} onChange={setConfirmation} />}
    </Dialog>
  );
}

function OvertakenWarning(): ReactElement {
  return (
    <Alert type="warning" header="The policy was changed meanwhile">
      Somebody else has set it since this dialog was opened. Close it, look at the policy as it is now, and edit that.
    </Alert>
  );
}

interface KeepDaysFieldProps {
  readonly value: string;
  readonly onChange: (days: string) => void;
  readonly errorText: string | undefined;
}

function KeepDaysField({ value, onChange, errorText }: KeepDaysFieldProps): ReactElement {
  return (
    <FormField
      label="Keep automated backups for, in days"
      description="Expired ones are deleted once a newer backup is good; a shorter time holds at once."
      constraintText={`${MIN_KEEP_DAYS.toString()} to ${MAX_KEEP_DAYS.toString()} days.`}
      {...(errorText === undefined ? {} : { errorText })}
    >
      <Input
        type="number"
        inputMode="numeric"
        step={1}
        value={value}
        onChange={({ detail }) => {
          onChange(detail.value);
        }}
      />
    </FormField>
  );
}

interface ShorterWarningProps {
  readonly instance: InstanceRecordFragment;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

/** A shorter time deletes what is older: that is to be confirmed. */
function ShorterWarning({ instance, value, onChange }: ShorterWarningProps): ReactElement {
  return (
    <>
      <Alert type="warning" header="Automated backups that are older are deleted at once">
        The policy keeps them for {instance.backupPolicy?.keepDays} days now. What is deleted cannot be got back.
      </Alert>
      <TypedConfirmation expected={instance.name} value={value} onChange={onChange} />
    </>
  );
}

function toOption(startTime: string): SelectProps.Option {
  const local = isLocalUtc() ? {} : { labelTag: `${formatLocalStart(startTime)} local` };
  return { value: startTime, label: startTime, ...local };
}

function describeLocal(startTime: string): string {
  return isLocalUtc() ? '' : `In ${findTimeZone()}: ${formatLocalWindow(startTime)}.`;
}

function findKeepDaysBreach(text: string): string | undefined {
  const days = text === '' ? Number.NaN : Number(text);
  return Number.isInteger(days) && days >= MIN_KEEP_DAYS && days <= MAX_KEEP_DAYS
    ? undefined
    : `The days must be a whole number from ${MIN_KEEP_DAYS.toString()} to ${MAX_KEEP_DAYS.toString()}.`;
}
