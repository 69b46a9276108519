/**
 * How the parts of this package say no to a request that cannot be carried out: as a value, with the HTTP status the
 * API answers and one sentence that says what is wrong and what to do instead. A thrown error is a bug.
 */

export interface Refusal {
  readonly kind: "refused";
  readonly status: 400 | 403 | 404 | 409;
  /** What is wrong, and the fix. Shown to whoever called. */
  readonly error: string;
}

export type Answer<T> = { readonly kind: "ok"; readonly value: T } | Refusal;

export const ok = <T>(value: T): Answer<T> => ({ kind: "ok", value });

export const refused = (status: Refusal["status"], error: string): Refusal => ({ kind: "refused", status, error });
