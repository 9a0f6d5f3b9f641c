import { applyMode, Mode } from '@cloudscape-design/global-styles';
import { useEffect, useState } from 'react';

type ColorMode = 'light' | 'dark';

const STORAGE_KEY = 'color-mode';

/** Light or dark: what was chosen in this browser, otherwise what the system prefers. */
export function useColorMode(): readonly [ColorMode, () => void] {
  const [mode, setMode] = useState<ColorMode>(findMode);
  useEffect(() => {
    applyMode(mode === 'dark' ? Mode.Dark : Mode.Light);
  }, [mode]);
  const toggle = (): void => {
    const other = mode === 'dark' ? 'light' : 'dark';
    window.localStorage.setItem(STORAGE_KEY, other);
    setMode(other);
  };
  return [mode, toggle];
}

function findMode(): ColorMode {
  const chosen = window.localStorage.getItem(STORAGE_KEY);
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
