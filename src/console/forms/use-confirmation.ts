import { useState } from 'react';

/**
 * What was typed to confirm something. It holds for that, and for nothing else: when the subject changes, it is void.
 * @param subject what would be done, in any wording
 */
export function useConfirmation(subject: string): readonly [text: string, setText: (text: string) => void] {
  const [confirmed, setConfirmed] = useState({ subject, text: '' });
  const setText = (text: string): void => {
    setConfirmed({ subject, text });
  };
  return [confirmed.subject === subject ? confirmed.text : '', setText];
}
