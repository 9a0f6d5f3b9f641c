import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Form from '@cloudscape-design/components/form';
import Modal from '@cloudscape-design/components/modal';
import type { ModalProps } from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useId } from 'react';
import type { ReactElement, ReactNode } from 'react';
import type { Refusal } from '../api/refusal';

interface DialogProps {
  readonly header: string;
  readonly children: ReactNode;
  readonly onSubmit: () => void;
  /** Cancel, Escape, or the cross. */
  readonly onDismiss: () => void;
  readonly isBusy: boolean;
  /** Shown above the buttons, unless its faults belong to fields: those show them. */
  readonly refusal: Refusal | null;
  readonly submitLabel?: string;
  /** For where "Cancel" would be mistaken for what is submitted. */
  readonly dismissLabel?: string;
  readonly isSubmitDisabled?: boolean;
  readonly size?: ModalProps.Size;
}

/** A form in a dialog: Enter submits, Escape dismisses. Rendered only while it is open. */
export function Dialog(props: DialogProps): ReactElement {
  const { header, children, onSubmit, onDismiss, isBusy, refusal, submitLabel = 'OK', isSubmitDisabled, size } = props;
  const { dismissLabel = 'Cancel' } = props;
  const formId = useId();
  const dismiss = (): void => {
    // What is under way is not undone by looking away, and its answer would come to another dialog.
    if (!isBusy) onDismiss();
  };
  return (
    <Modal
      visible
      header={header}
      size={size ?? 'medium'}
      closeAriaLabel="Close"
      onDismiss={dismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" disabled={isBusy} onClick={dismiss}>
              {dismissLabel}
            </Button>
            <Button
              variant="primary"
              form={formId}
              formAction="submit"
              loading={isBusy}
              disabled={isSubmitDisabled ?? false}
            >
              {submitLabel}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <form
        id={formId}
        ref={focusFirstField}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (isSubmitDisabled !== true) onSubmit();
        }}
      >
        <Form>
          <SpaceBetween size="l">
            {children}
            {refusal !== null && refusal.fields.length === 0 && (
              <Alert type="error" header={refusal.code}>
                {refusal.message}
              </Alert>
            )}
          </SpaceBetween>
        </Form>
      </form>
    </Modal>
  );
}

/** After the modal has made its own choice, which is the cross that closes it. */
function focusFirstField(form: HTMLFormElement): () => void {
  const timer = window.setTimeout(() => {
    form.querySelector<HTMLElement>('input, textarea, button')?.focus();
  });
  return () => {
    window.clearTimeout(timer);
  };
}
