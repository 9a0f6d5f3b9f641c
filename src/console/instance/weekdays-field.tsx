import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import type { Weekday } from '../gql/graphql';
import { ALL_WEEKDAYS, WEEKDAYS } from './backup-window';

interface WeekdaysFieldProps {
  readonly value: readonly Weekday[];
  readonly onChange: (weekdays: readonly Weekday[]) => void;
  readonly errorText: string | undefined;
}

/** The days on which windows begin: at least one. */
export function WeekdaysField({ value, onChange, errorText }: WeekdaysFieldProps): ReactElement {
  const fault = value.length === 0 ? 'Choose at least one day.' : errorText;
  return (
    <FormField label="Weekdays (UTC)" {...(fault === undefined ? {} : { errorText: fault })}>
      <SpaceBetween direction="horizontal" size="m">
        {ALL_WEEKDAYS.map((weekday) => (
          <Checkbox
            key={weekday}
            checked={value.includes(weekday)}
            onChange={({ detail }) => {
              onChange(ALL_WEEKDAYS.filter((day) => (day === weekday ? detail.checked : value.includes(day))));
            }}
          >
            {WEEKDAYS[weekday]}
          </Checkbox>
        ))}
      </SpaceBetween>
    </FormField>
  );
}
