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
            this.#end();
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

  /** The answer is in the cache once its observers have returned. */
  #repeatFrom(start: number): void {
    const updates = this.#updates.slice(start);
    if (updates.length === 0) return;
    window.setTimeout(() => {
      for (const update of updates) update();
    });
  }

  #end(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#updates.length = 0;
  }
}
