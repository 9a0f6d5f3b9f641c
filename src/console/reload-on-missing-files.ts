const STORAGE_KEY = 'reloaded-at';
/** A reload that did not help is not tried again so soon. */
const PAUSE_MS = 60_000;

/** A server that was upgraded has no files of the page before any more: the page that it has now is loaded instead. */
export function reloadOnMissingFiles(storage: Storage): void {
  window.addEventListener('vite:preloadError', (event) => {
    if (Date.now() - Number(storage.getItem(STORAGE_KEY)) < PAUSE_MS) return;
    storage.setItem(STORAGE_KEY, Date.now().toString());
    event.preventDefault();
    window.location.reload();
  });
}
