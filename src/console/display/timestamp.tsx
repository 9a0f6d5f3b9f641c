import type { ReactElement } from 'react';
import { formatTime } from './format';

/** A time in the reader's zone; pointing at it shows UTC. A dash when there is none. */
export function Timestamp({ iso }: { readonly iso: string | null | undefined }): ReactElement {
  if (iso == null) return <>–</>;
  return (
    <time dateTime={iso} title={iso}>
      {formatTime(iso)}
    </time>
  );
}
