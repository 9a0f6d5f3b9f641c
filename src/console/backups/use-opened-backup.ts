import { useSearchParams } from 'react-router';

interface OpenedBackup {
  /** Id of the backup whose details are shown; null when none are. */
  readonly id: string | null;
  readonly open: (id: string) => void;
  readonly close: () => void;
}

/** Which details are open, as the URL says: they can be shared, and the browser's way back closes them. */
export function useOpenedBackup(): OpenedBackup {
  const [parameters, setParameters] = useSearchParams();
  return {
    id: parameters.get('backup'),
    open: (id) => {
      const opened = new URLSearchParams(parameters);
      opened.set('backup', id);
      setParameters(opened);
    },
    close: () => {
      const closed = new URLSearchParams(parameters);
      closed.delete('backup');
      setParameters(closed, { replace: true });
    },
  };
}
