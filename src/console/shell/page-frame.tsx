import AppLayout from '@cloudscape-design/components/app-layout';
import BreadcrumbGroup from '@cloudscape-design/components/breadcrumb-group';
import SideNavigation from '@cloudscape-design/components/side-navigation';
import type { ReactElement, ReactNode } from 'react';
import { useEffect } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { NoticeBar } from './notice-bar';
import { toScopedPath, useScope } from './scope';

interface PageFrameProps {
  readonly title: string;
  /** Pages above this one, from the top. */
  readonly parents?: readonly { readonly text: string; readonly path: string }[];
  readonly contentType?: 'default' | 'table';
  readonly children: ReactNode;
}

const SERVICE = 'Relational Database Service';

/** What all pages have around them: navigation, breadcrumbs and notices. */
export function PageFrame({ title, parents = [], contentType = 'default', children }: PageFrameProps): ReactElement {
  const scope = useScope();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  useEffect(() => {
    document.title = `${title} · RDS Backup`;
  }, [title]);
  const follow = (event: CustomEvent<{ href?: string; external?: boolean }>): void => {
    const { href, external } = event.detail;
    if (external === true || href === undefined) return;
    event.preventDefault();
    void navigate(href);
  };
  return (
    <AppLayout
      toolsHide
      headerSelector="#top-bar"
      contentType={contentType}
      notifications={<NoticeBar />}
      stickyNotifications
      breadcrumbs={
        <BreadcrumbGroup
          onFollow={follow}
          items={[
            { text: SERVICE, href: toScopedPath('/instances', scope) },
            ...parents.map(({ text, path }) => ({ text, href: toScopedPath(path, scope) })),
            { text: title, href: toScopedPath(pathname, scope) },
          ]}
        />
      }
      navigation={
        <SideNavigation
          header={{ text: SERVICE, href: toScopedPath('/instances', scope) }}
          activeHref={toScopedPath(pathname.startsWith('/backups') ? '/backups' : '/instances', scope)}
          onFollow={follow}
          items={[
            { type: 'link', text: 'Instance Management', href: toScopedPath('/instances', scope) },
            { type: 'link', text: 'Backup Management', href: toScopedPath('/backups', scope) },
            { type: 'divider' },
            { type: 'link', text: 'GraphiQL', href: '/graphiql', external: true },
          ]}
        />
      }
      content={children}
    />
  );
}
