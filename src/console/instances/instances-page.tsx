import type { ReactElement } from 'react';
import { PageFrame } from '../shell/page-frame';

export function InstancesPage(): ReactElement {
  return <PageFrame title="Instance Management">soon</PageFrame>;
}
