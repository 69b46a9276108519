/**
 * What stands in the headers of every request to a role instance: how long its caller will wait, and the revision its
 * answer must include. A caller that has no time left is told so before anything is begun for it.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import { atLeastHeader, deadlineHeader, type Clock, type Deadline } from "@cordon/model";
import { deadlineAtDoor } from "@cordon/policy";
import { sendProblem } from "@cordon/runtime";
import type { Behind, StoreUnavailable } from "./store.ts";

/** What to do about a revision that did not come, or a store that does not answer: a moment, then again. */
const readRetryAfterMs = 500;
const wholeNumber = /^[0-9]{1,15}$/;

/** The request's deadline, or undefined when it has been answered with a problem already. */
export function deadlineOf(
  request: FastifyRequest,
  reply: FastifyReply,
  longestMs: number,
  clock: Clock,
): Deadline | undefined {
  const now = clock.now();
  const decision = deadlineAtDoor(longestMs, header(request, deadlineHeader), now);
  switch (decision.kind) {
    case "admitted":
      return decision.deadline === "off" ? now + longestMs : decision.deadline;
    case "passed":
      sendProblem(reply, "deadline-exceeded", "the deadline had passed on arrival; nothing was done");
      return undefined;
    case "malformed":
      sendProblem(reply, "invalid-request", `${deadlineHeader}: ${decision.detail}`);
      return undefined;
  }
}

/** The revision the answer must include, 0 for none; undefined when a problem has been sent. */
export function atLeastOf(request: FastifyRequest, reply: FastifyReply): number | undefined {
  const text = header(request, atLeastHeader);
  if (text === undefined) return 0;
  if (wholeNumber.test(text)) return Number(text);
  sendProblem(reply, "invalid-request", `${atLeastHeader}: must be a revision, a whole number`);
  return undefined;
}

export const sendNotRead = (reply: FastifyReply, reading: Behind | StoreUnavailable): FastifyReply =>
  reading.kind === "behind"
    ? sendProblem(reply, "unavailable", `this role instance is at revision ${reading.revision}`, readRetryAfterMs)
    : sendProblem(reply, "unavailable", "the store of this partition does not answer", readRetryAfterMs);

export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join() : value;
}
