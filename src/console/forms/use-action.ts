import { useRef, useState } from 'react';
import { toRefusal } from '../api/refusal';
import type { Refusal } from '../api/refusal';

interface Action<A extends unknown[]> {
  readonly run: (...args: A) => void;
  readonly isBusy: boolean;
  /** Why the last run was refused; null when it was not. */
  readonly refusal: Refusal | null;
  /** For when what was refused is changed: the refusal is about something else now. */
  readonly forgetRefusal: () => void;
}

/** Something that the server is asked to do: once at a time, however often the button is clicked. */
export function useAction<A extends unknown[]>(act: (...args: A) => Promise<void>): Action<A> {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  // State is set too late for the second click of a double one.
  const isRunning = useRef(false);
  const run = (...args: A): void => {
    if (isRunning.current) return;
    isRunning.current = true;
    setBusy(true);
    setRefusal(null);
    act(...args)
      .catch((error: unknown) => {
        setRefusal(toRefusal(error));
      })
      .finally(() => {
        isRunning.current = false;
        setBusy(false);
      });
  };
  const forgetRefusal = (): void => {
    setRefusal(null);
  };
  return { run, isBusy, refusal, forgetRefusal };
}
