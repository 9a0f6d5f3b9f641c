import { useQuery } from '@apollo/client/react';
import ErrorBoundary from '@cloudscape-design/components/error-boundary';
import { lazy, Suspense } from 'react';
import type { ReactElement } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { Loading } from './display/loading';
import { QueryFailure } from './display/query-failure';
import { graphql } from './gql';
import { NotFoundPage } from './shell/not-found-page';
import type { Scope } from './shell/scope';
import { useUrlScope } from './shell/scope';
import { TopBar } from './shell/top-bar';

const InstancesPage = lazy(async () => ({ default: (await import('./instances/instances-page')).InstancesPage }));
const InstancePage = lazy(async () => ({ default: (await import('./instance/instance-page')).InstancePage }));
const BackupsPage = lazy(async () => ({ default: (await import('./backups/backups-page')).BackupsPage }));

const LOCATIONS = graphql(`
  query Locations {
    locations {
      region
      project
    }
  }
`);

/** Where a new server begins: the defaults of `registerInstance`. */
const DEFAULT_SCOPE: Scope = { region: 'local', project: 'default' };

/** The whole page. It is shown once the URL says which region and project it is about. */
export function App(): ReactElement {
  const { data, error, refetch } = useQuery(LOCATIONS);
  const { region, project } = useUrlScope();
  if (region !== null && project !== null)
    return <Pages scope={{ region, project }} locations={data?.locations ?? []} />;
  if (data !== undefined) return <ToScope asked={{ region, project }} locations={data.locations} />;
  if (error === undefined) return <Loading />;
  return <QueryFailure what="The regions and projects" error={error} onRetry={() => void refetch()} />;
}

const BROKEN = {
  headerText: 'This page cannot be shown',
  descriptionText:
    'The server may have another version of it by now. Load the page again; the log of the browser has the details.',
  refreshActionText: 'Reload',
};

interface PagesProps {
  readonly scope: Scope;
  readonly locations: readonly Scope[];
}

function Pages({ scope, locations }: PagesProps): ReactElement {
  const { pathname } = useLocation();
  return (
    <>
      <div id="top-bar">
        <TopBar scope={scope} locations={locations} />
      </div>
      {/* Another page is another try. */}
      <ErrorBoundary key={pathname} onError={report} i18nStrings={BROKEN}>
        <Suspense fallback={<Loading />}>
          {/* Nothing of one region or project may be left on the page of another. */}
          <Routes key={`${scope.region}/${scope.project}`}>
            <Route path="/instances" element={<InstancesPage />} />
            <Route path="/instances/:instanceId" element={<InstancePage />} />
            <Route path="/backups" element={<BackupsPage />} />
            <Route path="*" element={<NotFoundPage />} />
          </Routes>
        </Suspense>
      </ErrorBoundary>
    </>
  );
}

interface ToScopeProps {
  readonly asked: { readonly [K in keyof Scope]: string | null };
  readonly locations: readonly Scope[];
}

/** Goes on to where the URL means to: what it leaves open is taken from the first place that fits. */
function ToScope({ asked, locations }: ToScopeProps): ReactElement {
  const { pathname, search } = useLocation();
  const fitting = locations.find(
    ({ region, project }) => region === (asked.region ?? region) && project === (asked.project ?? project),
  );
  const parameters = new URLSearchParams(search);
  for (const key of ['region', 'project'] as const) {
    parameters.set(key, asked[key] ?? (fitting ?? DEFAULT_SCOPE)[key]);
  }
  return <Navigate replace to={`${pathname === '/' ? '/instances' : pathname}?${parameters.toString()}`} />;
}

function report({ error }: { readonly error: Error }): void {
  console.error(error);
}
