import type { ReactElement } from 'react';
import { PageFrame } from '../shell/page-frame';

export function InstancePage(): ReactElement {
  return <PageFrame title="Instance">soon</PageFrame>;
}
