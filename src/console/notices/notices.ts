import { makeVar } from '@apollo/client';

export interface Notice {
  /** A second notice of the same id replaces the first. */
  readonly id: string;
  readonly type: 'success' | 'info' | 'warning' | 'error';
  readonly header: string;
  readonly content?: string;
}

/** The messages at the top of the page, newest first. They stay until they are dismissed. */
export class Notices {
  readonly list = makeVar<readonly Notice[]>([]);

  add(notice: Notice): void {
    this.list([notice, ...this.list().filter(({ id }) => id !== notice.id)]);
  }

  dismiss(id: string): void {
    this.list(this.list().filter((notice) => notice.id !== id));
  }
}
