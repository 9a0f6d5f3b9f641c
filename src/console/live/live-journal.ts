import { ApolloLink } from '@apollo/client';
import { Observable } from 'rxjs';

type Update = () => void;

/**
 * Keeps an answer from hiding what is newer than itself. The server may have read it before a change whose live update
 * reached the page first; so what arrived while an operation was under way is applied once more after its answer. An
 * update that is older than the answer does no lasting harm: the change that it lacks has an update of its own, to come.
 */
export class LiveJournal {
  readonly link: ApolloLink;
  /** Updates since the oldest operation that is under way. */
  readonly #updates: Update[] = [];
  #underWay = 0;

  constructor() {
    this.link = new ApolloLink(
      (operation, forward) =>
        new Observable((observer) => {
          const start = this.#begin();
          const subscription = forward(operation).subscribe({
            next: (result) => {
              observer.next(result);
              this.#repeatFrom(start);
            },
            error: (error: unknown) => {
              observer.error(error);
            },
            complete: () => {
              observer.complete();
            },
          });
          return () => {
            subscription.unsubscribe();
            // After what was to be repeated, which waits, too.
            window.setTimeout(() => {
              this.#end();
            });
          };
        }),
    );
  }

  /** Applies an update now, and again after each answer that was under way when it came. */
  apply(update: Update): void {
    update();
    if (this.#underWay > 0) this.#updates.push(update);
  }

  #begin(): number {
    this.#underWay += 1;
    return this.#updates.length;
  }

  /** The answer is in the cache once its observers have returned. Whatever came until then comes last again. */
  #repeatFrom(start: number): void {
    window.setTimeout(() => {
      for (const update of this.#updates.slice(start)) update();
    });
  }

  #end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#updates.length = 0;
  }
}
