import { useReactiveVar } from '@apollo/client/react';
import Flashbar from '@cloudscape-design/components/flashbar';
import type { FlashbarProps } from '@cloudscape-design/components/flashbar';
import type { ReactElement } from 'react';
import { useConsole } from './console-context';

const LOST: FlashbarProps.MessageDefinition = {
  id: 'connection-lost',
  type: 'warning',
  header: 'The connection to the server is lost',
  content: 'What you see may be out of date. Connecting again…',
  ariaRole: 'alert',
};

const OUTDATED: FlashbarProps.MessageDefinition = {
  id: 'page-outdated',
  type: 'error',
  header: 'The server is of another version than this page',
  content: 'What you see is not updated any more. Load the page again.',
  ariaRole: 'alert',
  buttonText: 'Reload',
  onButtonClick: () => {
    window.location.reload();
  },
};

/** What has happened: the end of what the user began, and a connection that is lost. */
export function NoticeBar(): ReactElement {
  const { connection, notices } = useConsole();
  const state = useReactiveVar(connection.state);
  const list = useReactiveVar(notices.list);
  const messages = list.map(({ id, type, header, content }): FlashbarProps.MessageDefinition => ({
    id,
    type,
    header,
    content,
    dismissible: true,
    dismissLabel: 'Dismiss',
    ariaRole: type === 'error' ? 'alert' : 'status',
    onDismiss: () => {
      notices.dismiss(id);
    },
  }));
  const troubles = state === 'lost' ? [LOST] : state === 'outdated' ? [OUTDATED] : [];
  return <Flashbar stackItems items={[...troubles, ...messages]} />;
}
