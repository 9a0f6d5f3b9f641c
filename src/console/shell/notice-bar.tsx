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
  return <Flashbar stackItems items={state === 'lost' ? [LOST, ...messages] : messages} />;
}
