import type { ReactElement } from 'react';
import { PageFrame } from '../shell/page-frame';

export function BackupsPage(): ReactElement {
  return <PageFrame title="Backup Management">soon</PageFrame>;
}
