/**
 * What is promised to whoever sends something that no service can use: one row a kind of mistake, with the answer of the
 * services and of the fault proxies. docs/protocol.md prints these rows, and every route of every service is held to them.
 */
import type { ProblemType } from "@cordon/model";

export interface Promised {
  /** What is sent, in the words of the documents. */
  readonly sent: string;
  readonly problem: ProblemType;
  /** Of the fault proxies, which speak as Toxiproxy does: a status; `taken`: they do not mind; `-`: they have no such thing. */
  readonly fault: number | "taken" | "-";
}

export const promises = {
  "not-http": { sent: "bytes that are not HTTP/1.1, no host, CONNECT", problem: "invalid-request", fault: 400 },
  "bad-json": { sent: "a body that is not JSON", problem: "invalid-request", fault: 400 },
  "no-body": { sent: "no body, where one is asked for", problem: "invalid-request", fault: 400 },
  "wrong-type": { sent: "a field of the wrong type", problem: "invalid-request", fault: 400 },
  missing: { sent: "a required field left out", problem: "invalid-request", fault: 400 },
  unknown: { sent: "a field nobody reads", problem: "invalid-request", fault: "taken" },
  prototype: { sent: "`__proto__`, or a `constructor` with a `prototype`", problem: "invalid-request", fault: "taken" },
  number: { sent: "a number below its range, too large for one, or `NaN`", problem: "invalid-request", fault: 400 },
  nul: { sent: "a NUL in a text", problem: "invalid-request", fault: 400 },
  deep: { sent: "lists nested ten thousand deep", problem: "invalid-request", fault: 400 },
  query: { sent: "a query value that is none, twice or unknown", problem: "invalid-request", fault: "-" },
  header: { sent: "a header of Cordon's that is no number", problem: "invalid-request", fault: "-" },
  path: { sent: "a path that cannot be decoded, or a part past its bound", problem: "invalid-request", fault: 400 },
  token: { sent: "no token or a wrong one, where one is asked for", problem: "forbidden", fault: "-" },
  nowhere: { sent: "a path that no route has", problem: "not-found", fault: 404 },
  method: { sent: "a method the path does not have", problem: "method-not-allowed", fault: 405 },
  slow: { sent: "a body that stops coming", problem: "request-timeout", fault: 408 },
  large: { sent: "a body of 10 MB", problem: "too-large", fault: 413 },
  media: { sent: "a body of another content type", problem: "unsupported-media-type", fault: "taken" },
  headers: { sent: "headers, or a URL, past their bound", problem: "headers-too-large", fault: 431 },
} as const satisfies Readonly<Record<string, Promised>>;

export type PromiseId = keyof typeof promises;

/** Where a call answers otherwise, and why that is right. */
export interface Exception {
  readonly call: string;
  readonly promise: PromiseId;
  readonly statuses: readonly number[];
  readonly why: string;
}

const forwarded = "from a role instance that forwards it: whether its lines were stored is not known";
const line = "the line is refused by its number, and the others are stored";
const anyText = "any text may be asked about: it is nobody's";

export const exceptions: readonly Exception[] = [
  {
    call: "POST /v1/sign-in",
    promise: "nul",
    statuses: [401, 503],
    why: "any text may be an address or a password: it is wrong; 503 while nobody can tell",
  },
  { call: "POST /v1/verify", promise: "nul", statuses: [200], why: anyText },
  { call: "POST /v1/lookup", promise: "nul", statuses: [200], why: anyText },
  { call: "POST /v1/import", promise: "no-body", statuses: [200], why: "an import of no lines" },
  { call: "POST /v1/import", promise: "slow", statuses: [408, 503], why: `after a minute; 503 ${forwarded}` },
  ...(["bad-json", "wrong-type", "missing", "unknown", "prototype", "nul", "deep", "large"] as const).map(
    (promise) => ({ call: "POST /v1/import", promise, statuses: [200], why: line }),
  ),
];
