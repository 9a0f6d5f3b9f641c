import '@cloudscape-design/global-styles/index.css';
import { ApolloProvider } from '@apollo/client/react';
import { I18nProvider } from '@cloudscape-design/components/i18n';
import messages from '@cloudscape-design/components/i18n/messages/all.en';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { createApolloClient } from './api/client';
import { Connection } from './api/connection';
import { App } from './app';
import { LiveJournal } from './live/live-journal';
import { LiveUpdates } from './live/live-updates';
import { refreshLists } from './live/refresh-lists';
import { Notices } from './notices/notices';
import { StartedWork } from './notices/started-work';
import { reloadOnMissingFiles } from './reload-on-missing-files';
import { ConsoleProvider } from './shell/console-context';

reloadOnMissingFiles(window.sessionStorage);

const root = document.getElementById('console');
if (root === null) throw new Error('the page has no element "console"');

const connection = new Connection(`${window.location.origin.replace(/^http/, 'ws')}/graphql`);
const journal = new LiveJournal();
const client = createApolloClient(journal.link);
const live = new LiveUpdates({ connection, client, journal });
refreshLists(client, live);
const notices = new Notices();
const startedWork = new StartedWork({ client, live, notices, storage: window.sessionStorage });

createRoot(root).render(
  <StrictMode>
    <ApolloProvider client={client}>
      <ConsoleProvider value={{ connection, notices, startedWork }}>
        <I18nProvider locale="en" messages={[messages]}>
          {/* In a transition a filter's old and new value take turns, and each turn would ask the server anew. */}
          <BrowserRouter useTransitions={false}>
            <App />
          </BrowserRouter>
        </I18nProvider>
      </ConsoleProvider>
    </ApolloProvider>
  </StrictMode>,
);
