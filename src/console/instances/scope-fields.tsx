import ExpandableSection from '@cloudscape-design/components/expandable-section';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { TextField } from '../forms/text-field';
import type { Scope } from '../shell/scope';

interface ScopeFieldsProps {
  readonly value: Scope;
  readonly onChange: (scope: Scope) => void;
  readonly faults: { readonly [K in keyof Scope]: string | undefined };
}

/** The region and the project that something is to belong to: seldom changed, so folded away while nothing is wrong. */
export function ScopeFields({ value, onChange, faults }: ScopeFieldsProps): ReactElement {
  const [isWanted, setWanted] = useState(false);
  return (
    <ExpandableSection
      variant="footer"
      headerText={`Region ${value.region}, project ${value.project}`}
      expanded={isWanted || faults.region !== undefined || faults.project !== undefined}
      onChange={({ detail }) => {
        setWanted(detail.expanded);
      }}
    >
      <SpaceBetween size="m">
        <TextField
          label="Region"
          value={value.region}
          errorText={faults.region}
          onChange={(region) => {
            onChange({ ...value, region });
          }}
        />
        <TextField
          label="Project"
          value={value.project}
          errorText={faults.project}
          constraintText="It cannot be changed later."
          onChange={(project) => {
            onChange({ ...value, project });
          }}
        />
      </SpaceBetween>
    </ExpandableSection>
  );
}
