import { useSearchParams } from 'react-router';

interface OpenedBackup {
  /** Id of the backup whose details are shown; null when none are. */
  readonly id: string | null;
  /** Address of the details of a backup, over the list as it is now. */
  readonly toHref: (id: string) => string;
  readonly open: (id: string) => void;
  readonly close: () => void;
}

/** Which details are open, as the URL says: they can be shared, and the browser's way back closes them. */
export function useOpenedBackup(): OpenedBackup {
  const [parameters, setParameters] = useSearchParams();
  const withBackup = (id: string): URLSearchParams => {
    const opened = new URLSearchParams(parameters);
    opened.set('backup', id);
    return opened;
  };
  return {
    id: parameters.get('backup'),
    toHref: (id) => `?${withBackup(id).toString()}`,
    open: (id) => {
      setParameters(withBackup(id));
    },
    close: () => {
      const closed = new URLSearchParams(parameters);
      closed.delete('backup');
      setParameters(closed, { replace: true });
    },
  };
}
