import { CombinedGraphQLErrors, ServerError } from '@apollo/client/errors';

/** Why the server did not do what it was asked. */
export interface Refusal {
  /** One of the server's error codes, or NETWORK when there was no answer. */
  readonly code: string;
  /** For people, in the server's own words. */
  readonly message: string;
  /** Values that are at fault, for the fields of a form; a path is the name of the input's field. */
  readonly fields: readonly FieldFault[];
  /** What the code carries besides. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

const UNREACHABLE: Refusal = {
  code: 'NETWORK',
  message: 'The server does not answer. Check that it runs and that you are connected; then try again.',
  fields: [],
  details: {},
};

interface WireError {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** What is known of an error that a query or mutation has thrown. */
export function toRefusal(error: unknown): Refusal {
  if (CombinedGraphQLErrors.is(error)) return fromWire(error.errors[0]);
  if (ServerError.is(error)) return fromBody(error.bodyText);
  return UNREACHABLE;
}

/** The sentence for one field of a form; undefined when nothing is wrong with it. */
export function findFault(refusal: Refusal | null, path: string): string | undefined {
  const faults = refusal?.fields.filter((field) => field.path === path || field.path.startsWith(`${path}.`)) ?? [];
  return faults.length === 0 ? undefined : faults.map(({ message }) => message).join(' ');
}

/**
 * Gives a refusal its place in a form: what is wrong with one of its values is said there, and not for the whole form.
 * @param places names of fields, by the codes that are about them
 */
export function placeRefusal(refusal: Refusal | null, places: Readonly<Record<string, string>>): Refusal | null {
  const path = refusal === null ? undefined : places[refusal.code];
  if (refusal === null || path === undefined) return refusal;
  return { ...refusal, fields: [...refusal.fields, { path, message: refusal.message }] };
}

/** Errors beside GraphQL, too, have the shape of a GraphQL answer. */
function fromBody(body: string): Refusal {
  try {
    const { errors } = JSON.parse(body) as { errors?: readonly WireError[] };
    return fromWire(errors?.[0]);
  } catch {
    return UNREACHABLE;
  }
}

function fromWire(error: WireError | undefined): Refusal {
  if (error === undefined) return UNREACHABLE;
  const { code, fields, ...details } = error.extensions ?? {};
  return {
    code: typeof code === 'string' ? code : 'INTERNAL_SERVER_ERROR',
    message: error.message,
    fields: Array.isArray(fields) ? (fields as readonly FieldFault[]) : [],
    details,
  };
}
