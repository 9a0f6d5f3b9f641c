/** Something that a test waits for, or makes others wait for. */
export class Gate<T = void> {
  readonly opened: Promise<T>;
  #open!: (value: T) => void;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** Lets everybody through who waits for `opened`; more calls change nothing. */
  open(value: T): void {
    this.#open(value);
  }
}
