import TopNavigation from '@cloudscape-design/components/top-navigation';
import type { TopNavigationProps } from '@cloudscape-design/components/top-navigation';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';
import type { Scope } from './scope';
import { toScopedPath } from './scope';
import { useColorMode } from './use-color-mode';

interface TopBarProps {
  readonly scope: Scope;
  /** Pairs of region and project to choose from. */
  readonly locations: readonly Scope[];
}

/** Name of the console, region and project, and the way it looks. */
export function TopBar({ scope, locations }: TopBarProps): ReactElement {
  const navigate = useNavigate();
  const [mode, toggleMode] = useColorMode();
  const go = (chosen: Scope): void => {
    // A page of an instance is a page of one region and project.
    void navigate(toScopedPath(window.location.pathname.startsWith('/backups') ? '/backups' : '/instances', chosen));
  };
  const goToRegion = (region: string): void => {
    const projects = locations.filter((location) => location.region === region).map(({ project }) => project);
    go({ region, project: projects.includes(scope.project) ? scope.project : (projects[0] ?? scope.project) });
  };
  const regions = unique([...locations.map(({ region }) => region), scope.region]);
  const inRegion = locations.filter(({ region }) => region === scope.region);
  const projects = unique([...inRegion.map(({ project }) => project), scope.project]);
  return (
    <TopNavigation
      identity={{
        href: toScopedPath('/instances', scope),
        title: 'RDS Backup',
        onFollow: (event) => {
          event.preventDefault();
          void navigate(toScopedPath('/instances', scope));
        },
      }}
      utilities={[
        menu({ label: 'Region', chosen: scope.region, options: regions, onChoose: goToRegion }),
        menu({
          label: 'Project',
          chosen: scope.project,
          options: projects,
          onChoose: (project) => {
            go({ region: scope.region, project });
          },
        }),
        {
          type: 'button',
          text: mode === 'dark' ? 'Light' : 'Dark',
          title: mode === 'dark' ? 'Use light colours' : 'Use dark colours',
          onClick: toggleMode,
        },
      ]}
    />
  );
}

interface Choice {
  readonly label: string;
  readonly chosen: string;
  readonly options: readonly string[];
  readonly onChoose: (option: string) => void;
}

function menu({ label, chosen, options, onChoose }: Choice): TopNavigationProps.MenuDropdownUtility {
  return {
    type: 'menu-dropdown',
    text: `${label}: ${chosen}`,
    title: label,
    ariaLabel: `${label}: ${chosen}`,
    items: options.map((option) => ({
      id: option,
      text: option,
      itemType: 'checkbox',
      checked: option === chosen,
    })),
    onItemClick: ({ detail }) => {
      onChoose(detail.id);
    },
  };
}

function unique(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
