import { useSyncExternalStore } from 'react';

const ROOM = '(min-width: 688px)';

/** Whether the window is wide enough for columns that stay where they are: on a phone they would hide the others. */
export function useHasRoom(): boolean {
  return useSyncExternalStore(follow, () => window.matchMedia(ROOM).matches);
}

function follow(onChange: () => void): () => void {
  const room = window.matchMedia(ROOM);
  room.addEventListener('change', onChange);
  return () => {
    room.removeEventListener('change', onChange);
  };
}
