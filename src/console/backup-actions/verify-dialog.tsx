import { useMutation } from '@apollo/client/react';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import RadioGroup from '@cloudscape-design/components/radio-group';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { findFault, placeRefusal } from '../api/refusal';
import { Timestamp } from '../display/timestamp';
import { VerificationIndicator } from '../display/verification';
import { VERIFICATION_LEVELS } from '../display/words';
import { Dialog } from '../forms/dialog';
import { useAction } from '../forms/use-action';
import type { BackupRecordFragment, VerificationLevel } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import { VERIFY_BACKUP } from './operations';
import { findVerifyRefusal } from './refusals';

/** What each level shows, and what it takes; the farthest first, as it is the one to choose. */
const LEVELS: readonly (readonly [VerificationLevel, string])[] = [
  [
    'RESTORE',
    'The proof: each database is restored into a scratch database, and its tables and rows are compared with those that were backed up. It takes as long as a restore, and room for the largest database.',
  ],
  [
    'FORMAT',
    'Each file decrypts and decompresses into a whole dump. It takes reading all of them, and processor time.',
  ],
  ['CHECKSUM', 'The stored bytes are those that were written. It takes reading all of them, and little else.'],
];

interface VerifyDialogProps {
  readonly backup: BackupRecordFragment;
  readonly onDismiss: () => void;
}

/** Begins a verification of a backup, and shows what the newest one has found. */
export function VerifyDialog({ backup, onDismiss }: VerifyDialogProps): ReactElement {
  const { id, name, verification } = backup;
  const { startedWork } = useConsole();
  const [level, setLevel] = useState<VerificationLevel>('RESTORE');
  const [verifyBackup] = useMutation(VERIFY_BACKUP);
  const { run, isBusy, refusal, forgetRefusal } = useAction(async () => {
    await verifyBackup({ variables: { input: { backupId: id, level } } });
    startedWork.add({ kind: 'verification', id, name });
    onDismiss();
  });
  const placed = placeRefusal(refusal, { BACKUP_NOT_VERIFIABLE: 'level' });
  const fault = findFault(placed, 'level');
  const lateRefusal = isBusy ? undefined : findVerifyRefusal(backup);
  return (
    <Dialog
      header={`Verify ${name}`}
      isBusy={isBusy}
      refusal={placed}
      submitLabel="Verify"
      isSubmitDisabled={lateRefusal !== undefined}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      {verification !== null && <NewestVerification verification={verification} />}
      {lateRefusal !== undefined && <Alert type="info">{lateRefusal}</Alert>}
      <FormField label="Level" {...(fault === undefined ? {} : { errorText: fault })}>
        <RadioGroup
          value={level}
          items={LEVELS.map(([value, description]) => ({ value, label: VERIFICATION_LEVELS[value], description }))}
          onChange={({ detail }) => {
            setLevel(detail.value as VerificationLevel);
            forgetRefusal();
          }}
        />
      </FormField>
    </Dialog>
  );
}

function NewestVerification({
  verification,
}: {
  readonly verification: NonNullable<BackupRecordFragment['verification']>;
}): ReactElement {
  const { details, verifiedAt } = verification;
  return (
    <KeyValuePairs
      columns={1}
      items={[
        {
          label: 'Newest verification',
          value: (
            <>
              <VerificationIndicator verification={verification} />
              {verifiedAt !== null && (
                <Box color="text-body-secondary" display="inline" margin={{ left: 's' }}>
                  <Timestamp iso={verifiedAt} />
                </Box>
              )}
              {details !== null && <Box>{details}</Box>}
            </>
          ),
        },
      ]}
    />
  );
}
