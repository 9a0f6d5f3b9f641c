import { useMutation } from '@apollo/client/react';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import type { SelectProps } from '@cloudscape-design/components/select';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { findFault } from '../api/refusal';
import { Dialog } from '../forms/dialog';
import { useAction } from '../forms/use-action';
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
import { INSTANCE_BY_ID, SET_BACKUP_POLICY } from './operations';
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
  const [setBackupPolicy] = useMutation(SET_BACKUP_POLICY, {
    // What the policy says now, as when the next backup is due, is of the instance.
    refetchQueries: [INSTANCE_BY_ID],
    awaitRefetchQueries: true,
  });
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
  const keepDaysFault = keepDaysBreach ?? findFault(refusal, 'keepDays');
  const startTimeFault = findFault(refusal, 'startTime');

  return (
    <Dialog
      header={`Backup policy of ${instance.name}`}
      isBusy={isBusy}
      refusal={refusal}
      submitLabel="Save"
      isSubmitDisabled={keepDaysBreach !== undefined || weekdays.length === 0}
      onSubmit={run}
      onDismiss={onDismiss}
    >
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
      <FormField
        label="Keep automated backups for, in days"
        description="Expired ones are deleted once a newer backup is good; a shorter time holds at once."
        constraintText={`${MIN_KEEP_DAYS.toString()} to ${MAX_KEEP_DAYS.toString()} days.`}
        {...(keepDaysFault === undefined ? {} : { errorText: keepDaysFault })}
      >
        <Input
          type="number"
          inputMode="numeric"
          step={1}
          value={keepDays}
          onChange={({ detail }) => {
            setKeepDays(detail.value);
            forgetRefusal();
          }}
        />
      </FormField>
    </Dialog>
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
