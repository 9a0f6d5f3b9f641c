import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { Navigate, useLocation, useParams } from 'react-router';
import { Loading } from '../display/loading';
import { QueryFailure } from '../display/query-failure';
import { StaleNotice } from '../display/stale-notice';
import type { InstanceRecordFragment } from '../gql/graphql';
import { PageFrame } from '../shell/page-frame';
import { useScope } from '../shell/scope';
import { InstanceDetail } from './instance-detail';
import { MissingInstance } from './missing-instance';
import { INSTANCE_BY_ID } from './operations';

const PARENTS = [{ text: 'Instance Management', path: '/instances' }];

/** One instance: what it is and does, its databases, its backups and restores. */
export function InstancePage(): ReactElement {
  const { instanceId = '' } = useParams();
  // Nothing of one instance may be left on the page of another.
  return <PageOfInstance key={instanceId} id={instanceId} />;
}

function PageOfInstance({ id }: { readonly id: string }): ReactElement {
  const { data, previousData, error, loading, refetch } = useQuery(INSTANCE_BY_ID, {
    variables: { id },
    notifyOnNetworkStatusChange: true,
  });
  const instance = (data ?? previousData)?.instance;
  const [name, setName] = useState<string | null>(null);
  // It is still to be named when it is gone.
  if (instance != null && instance.name !== name) setName(instance.name);

  const retry = (): void => void refetch().catch(() => undefined);
  const toContent = (): ReactElement => {
    if (instance != null) return <AtItsPlace instance={instance} />;
    if (instance === null) return <MissingInstance id={id} lastName={name} />;
    if (error === undefined || loading) return <Loading />;
    return <QueryFailure what="The instance" error={error} onRetry={retry} />;
  };
  return (
    <PageFrame title={name ?? 'Instance'} parents={PARENTS}>
      <StaleNotice what="The instance" error={data === undefined ? undefined : error} onRetry={retry} />
      {toContent()}
    </PageFrame>
  );
}

/** The URL's region and project are those of the instance, also when it has moved, or when somebody wrote another URL. */
function AtItsPlace({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement {
  const scope = useScope();
  const { pathname, search } = useLocation();
  const { region, project } = instance;
  if (scope.region === region && scope.project === project) return <InstanceDetail instance={instance} />;
  const parameters = new URLSearchParams(search);
  parameters.set('region', region);
  parameters.set('project', project);
  return <Navigate replace to={`${pathname}?${parameters.toString()}`} />;
}
