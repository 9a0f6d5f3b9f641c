import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import type { ReactElement } from 'react';

interface CopyableProps {
  readonly text: string;
  /** What it is, as in "ID of orders-1122". */
  readonly what: string;
  /** Whether it is in a dialog, where what pops up must stay; elsewhere it may reach beyond its table. */
  readonly isInDialog?: boolean;
  /** Whether a long text is shown whole, on several lines. */
  readonly isWrapped?: boolean;
}

/** A text on one line unless it is to be shown whole, with a button that copies it. */
export function Copyable({ text, what, isInDialog = false, isWrapped = isInDialog }: CopyableProps): ReactElement {
  return (
    <CopyToClipboard
      variant="inline"
      textToCopy={text}
      wrapText={isWrapped}
      copyButtonAriaLabel={`Copy: ${what}`}
      copySuccessText="Copied"
      copyErrorText="It could not be copied"
      popoverRenderWithPortal={!isInDialog}
    />
  );
}
