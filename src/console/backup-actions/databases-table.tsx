import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Header from '@cloudscape-design/components/header';
import Input from '@cloudscape-design/components/input';
import LiveRegion from '@cloudscape-design/components/live-region';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import Table from '@cloudscape-design/components/table';
import type { ReactElement } from 'react';
import { formatBytes } from '../display/format';
import type { RestoredDatabase } from './restored-databases';
import type { TargetDatabases } from './use-target-databases';
import { useLocalPages } from '../tables/use-local-pages';

const CELL = [{ colspan: { default: 12, xxs: 4 } }, { colspan: { default: 12, xxs: 8 } }];

interface DatabasesTableProps {
  readonly databases: readonly RestoredDatabase[];
  /** Whether the backup holds system databases, too. */
  readonly hasSystem: boolean;
  readonly onChoose: (names: ReadonlySet<string>) => void;
  readonly onRename: (name: string, restoreAs: string) => void;
  readonly target: TargetDatabases;
  readonly overwrite: boolean;
  /** What the server has against the name of a database; undefined when nothing. */
  readonly findServerFault: (name: string) => string | undefined;
  /** What is wrong with the choice as a whole. */
  readonly errorText: string | undefined;
}

/** Which databases of a backup are restored, under which names, and what has these names now. */
export function DatabasesTable(props: DatabasesTableProps): ReactElement {
  const { databases, hasSystem, onChoose, onRename, target, overwrite, findServerFault, errorText } = props;
  const { items, pagination } = useLocalPages(databases);
  const chosen = databases.filter(({ isChosen }) => isChosen);
  return (
    <Table
      variant="borderless"
      trackBy="name"
      selectionType="multi"
      items={items}
      selectedItems={chosen}
      onSelectionChange={({ detail }) => {
        onChoose(new Set(detail.selectedItems.map(({ name }) => name)));
      }}
      ariaLabels={{
        tableLabel: 'Databases',
        selectionGroupLabel: 'Databases to restore',
        allItemsSelectionLabel: () => 'all of this page',
        itemSelectionLabel: (_, { name }) => name,
      }}
      header={
        <Header
          variant="h3"
          counter={`(${chosen.length.toString()}/${databases.length.toString()})`}
          description={<Advice hasSystem={hasSystem} errorText={errorText} />}
          actions={pagination !== null && <ChooseButtons databases={databases} onChoose={onChoose} />}
        >
          Databases
        </Header>
      }
      pagination={pagination !== null && <Pagination {...pagination} />}
      columnDefinitions={[
        {
          id: 'database',
          header: 'Database, and the name to restore it as',
          isRowHeader: true,
          // One column, so that the two are below each other where there is no room beside.
          cell: (database) => (
            <Grid gridDefinition={CELL}>
              <Source {...database} />
              <RestoreAs
                database={database}
                fault={database.fault ?? findServerFault(database.name)}
                onRename={onRename}
                presence={<Presence database={database} target={target} overwrite={overwrite} />}
              />
            </Grid>
          ),
        },
      ]}
      wrapLines
    />
  );
}

/** Not a form field's error: that would mark all the fields inside the table as wrong. */
function Advice({ hasSystem, errorText }: Pick<DatabasesTableProps, 'hasSystem' | 'errorText'>): ReactElement {
  return (
    <>
      {hasSystem && 'System databases are restored by hand: see “Restore by hand” in README.'}
      <LiveRegion>{errorText !== undefined && <StatusIndicator type="error">{errorText}</StatusIndicator>}</LiveRegion>
    </>
  );
}

function ChooseButtons({ databases, onChoose }: Pick<DatabasesTableProps, 'databases' | 'onChoose'>): ReactElement {
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Button
        formAction="none"
        onClick={() => {
          onChoose(new Set(databases.map(({ name }) => name)));
        }}
      >
        Choose All
      </Button>
      <Button
        formAction="none"
        onClick={() => {
          onChoose(new Set());
        }}
      >
        Choose None
      </Button>
    </SpaceBetween>
  );
}

function Source({ name, originalBytes }: RestoredDatabase): ReactElement {
  return (
    <>
      <Box>{name}</Box>
      {originalBytes !== null && (
        <Box variant="small" display="block">
          {formatBytes(originalBytes)}
        </Box>
      )}
    </>
  );
}

interface RestoreAsProps {
  readonly database: RestoredDatabase;
  readonly fault: string | undefined;
  readonly onRename: (name: string, restoreAs: string) => void;
  readonly presence: ReactElement;
}

function RestoreAs({ database, fault, onRename, presence }: RestoreAsProps): ReactElement {
  const { name, restoreAs, isChosen } = database;
  return (
    <FormField
      stretch
      constraintText={isChosen && fault === undefined && presence}
      {...(fault === undefined ? {} : { errorText: fault })}
    >
      <Input
        value={restoreAs}
        ariaLabel={`Restore ${name} as`}
        disabled={!isChosen}
        autoComplete={false}
        spellcheck={false}
        onChange={({ detail }) => {
          onRename(name, detail.value);
        }}
      />
    </FormField>
  );
}

interface PresenceProps {
  readonly database: RestoredDatabase;
  readonly target: TargetDatabases;
  readonly overwrite: boolean;
}

/** Whether the target has a database of that name. */
function Presence({ database, target, overwrite }: PresenceProps): ReactElement {
  switch (target.state) {
    case 'none':
      return <></>;
    case 'asking':
      return <StatusIndicator type="loading">Asking the target</StatusIndicator>;
    case 'unknown':
      return <StatusIndicator type="pending">Not known whether it exists</StatusIndicator>;
    case 'known':
      if (!target.names.has(database.restoreAs)) return <StatusIndicator type="success">New</StatusIndicator>;
      return <StatusIndicator type="warning">{overwrite ? 'Exists: will be replaced' : 'Exists'}</StatusIndicator>;
  }
}
