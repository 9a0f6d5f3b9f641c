import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import type { TableProps } from '@cloudscape-design/components/table';
import type { ReactElement } from 'react';
import { formatBytes } from '../display/format';
import { Timestamp } from '../display/timestamp';
import { toCurlCommand, toFileName } from './file-links';
import type { BackupFile } from './file-links';
import { useLocalPages } from '../tables/use-local-pages';

const COLUMNS: readonly TableProps.ColumnDefinition<BackupFile>[] = [
  {
    id: 'database',
    header: 'Database',
    isRowHeader: true,
    cell: ({ database, system, sizeBytes }) => (
      <>
        <SpaceBetween direction="horizontal" size="xs">
          {database}
          {system && <Badge>System</Badge>}
        </SpaceBetween>
        <Box variant="small" display="block">
          {formatBytes(sizeBytes)}
        </Box>
      </>
    ),
  },
  {
    id: 'link',
    header: 'File',
    minWidth: 120,
    cell: ({ database, url }) => (
      <Button
        variant="inline-link"
        iconName="download"
        href={url}
        download={toFileName(url)}
        ariaLabel={`Download ${database}`}
      >
        Download
      </Button>
    ),
  },
  {
    id: 'command',
    header: 'curl',
    cell: ({ database, url }) => (
      <CopyToClipboard
        variant="icon"
        textToCopy={toCurlCommand(url)}
        copyButtonAriaLabel={`Copy the curl command for ${database}`}
        copySuccessText="Command copied"
        copyErrorText="The command could not be copied"
        popoverRenderWithPortal
      />
    ),
  },
];

/** Files to download, and how they are read without this service. */
export function FileTable({ files }: { readonly files: readonly BackupFile[] }): ReactElement {
  const { items, pagination } = useLocalPages(files);
  return (
    <SpaceBetween size="l">
      <Box>
        The links are good until <Timestamp iso={files[0]?.expiresAt} />. Whoever has one can fetch its file: pass it on
        with care.
      </Box>
      <Table
        variant="borderless"
        items={items}
        columnDefinitions={COLUMNS}
        trackBy="url"
        wrapLines
        enableKeyboardNavigation
        ariaLabels={{ tableLabel: 'Files of the backup' }}
        pagination={pagination !== null && <Pagination {...pagination} />}
      />
      <Box color="text-body-secondary">
        The files are as stored: compressed, and encrypted if the server is so configured. To read one by hand,
        decompress it with <Box variant="code">zstd -d</Box>; one whose name ends in .age is decrypted with{' '}
        <Box variant="code">age -d</Box> first. “Restore by hand” in README says how to go on.
      </Box>
    </SpaceBetween>
  );
}
