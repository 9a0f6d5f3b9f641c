import type { ReactElement } from 'react';
import { Copyable } from '../display/copyable';
import type { BackupRecordFragment } from '../gql/graphql';
import { SecondLine } from '../instances/second-line';
import { BackupLink } from './backup-link';

export function NameCell({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { id, name } = backup;
  return (
    <>
      <BackupLink backup={backup}>{name}</BackupLink>
      <SecondLine>
        <Copyable text={id} what={`ID of ${name}`} />
      </SecondLine>
    </>
  );
}
