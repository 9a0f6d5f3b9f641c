/** Who asks. Every use case takes one. */
export interface Caller {
  /** Name for logs and, later, the audit trail. */
  readonly name: string;
}

/** In loopback mode whoever reaches the port is the operator of this machine, with all rights. */
export const LOCAL_OPERATOR: Caller = { name: 'local-operator' };
