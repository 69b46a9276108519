/**
 * Problem details (RFC 9457), the one form in which any service of Cordon says no over HTTP. `type` is a stable name a
 * client can switch on; temporary problems carry `retryAfterMs` and a Retry-After header, permanent ones never do.
 */
import { Type, type Static } from "typebox";

export const problemTypes = {
  "invalid-request": { status: 400, title: "The request is not valid" },
  unauthenticated: { status: 401, title: "The address or the password is wrong" },
  forbidden: { status: 403, title: "This call needs the lab's token" },
  "not-found": { status: 404, title: "There is nothing here" },
  "method-not-allowed": { status: 405, title: "This method is not for this resource" },
  "request-timeout": { status: 408, title: "The request did not arrive in time" },
  conflict: { status: 409, title: "The resource has changed meanwhile" },
  "too-large": { status: 413, title: "The request is too large" },
  "unsupported-media-type": { status: 415, title: "Send application/json" },
  busy: { status: 429, title: "Too many requests at once" },
  "headers-too-large": { status: 431, title: "The headers are too large" },
  internal: { status: 500, title: "This is a fault of ours" },
  unavailable: { status: 503, title: "Temporarily unavailable" },
  "deadline-exceeded": { status: 504, title: "The deadline passed" },
} as const;

export type ProblemType = keyof typeof problemTypes;

export const ProblemSchema = Type.Object({
  type: Type.String({ description: "urn:cordon:problem:NAME" }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.Optional(Type.String()),
  retryAfterMs: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type Problem = Static<typeof ProblemSchema>;

/** The body for a problem; `detail` says what, where and the fix, and never holds a secret. */
export const problem = (type: ProblemType, detail?: string, retryAfterMs?: number): Problem => ({
  type: `urn:cordon:problem:${type}`,
  title: problemTypes[type].title,
  status: problemTypes[type].status,
  ...(detail === undefined ? {} : { detail }),
  ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(retryAfterMs) }),
});
