import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import type { ReactElement } from 'react';

interface CopyableProps {
  readonly text: string;
  /** What it is, as in "ID of orders-1122". */
  readonly what: string;
  /** Whether it is in a dialog, where what pops up must stay; elsewhere it may reach beyond its table. */
  readonly isInDialog?: boolean;
}

/** A text on one line, with a button that copies it. */
export function Copyable({ text, what, isInDialog = false }: CopyableProps): ReactElement {
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      wrapText={isInDialog}
      copyButtonAriaLabel={`Copy: ${what}`}
      copySuccessText="Copied"
      copyErrorText="It could not be copied"
      popoverRenderWithPortal={!isInDialog}
    />
  );
}
