/** Who asks. Every use case takes one. */
export interface Caller {
  /** Name for logs and, later, the audit trail. */
  readonly name: string;
  /** The request that is asking; it ties what the logs say of a request to what they say of its backup. */
  readonly requestId: string;
}

/** In loopback mode whoever reaches the port is the operator of this machine, with all rights. */
export function localOperator(requestId: string): Caller {
  return { name: 'local-operator', requestId };
}
