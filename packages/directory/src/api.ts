/**
 * The service port: what model/wire-directory.ts says, to callers that come through the data path. Asking is free to
 * whoever can reach the port; reading a user's record, and everything that changes something, needs the lab's token.
 * Every answer says how many hashing seats this instance believes are free, for callers that think of hedging.
 */
import type { FastifyReply } from "fastify";
import {
  freeSeatsHeader,
  LookupRequestSchema,
  VerifyRequestSchema,
  type Clock,
  type LookupRequest,
  type VerifyRequest,
} from "@cordon/model";
import { readAddress, requireToken, sendProblem, type App } from "@cordon/runtime";
import type { DirectoryConfig } from "./config.ts";
import { atLeastOf, deadlineOf, sendNotRead } from "./door.ts";
import type { FaultPoint } from "./fault-point.ts";
import { lookup, tellOf } from "./lookup.ts";
import type { Store } from "./store.ts";
import { verify, type VerifyParts } from "./verify.ts";

export interface ApiParts {
  readonly config: Pick<DirectoryConfig, "longestMs" | "control">;
  readonly clock: Clock;
  readonly store: Store;
  readonly verifyParts: VerifyParts;
  /** Absent unless the configuration allows fault points. */
  readonly faultPoint: FaultPoint | undefined;
  readonly freeSeats: () => number;
}

export function addReadRoutes(app: App, parts: ApiParts): void {
  const { clock, store } = parts;
  const { longestMs, control } = parts.config;

  app.addHook("onSend", (_request, reply, _payload, done) => {
    reply.header(freeSeatsHeader, parts.freeSeats());
    done();
  });

  app.post<{ Body: VerifyRequest }>("/v1/verify", { schema: { body: VerifyRequestSchema } }, async (request, reply) => {
    const deadline = deadlineOf(request, reply, longestMs.verify, clock);
    const atLeast = deadline === undefined ? undefined : atLeastOf(request, reply);
    if (deadline === undefined || atLeast === undefined) return reply;
    if (parts.faultPoint !== undefined && !(await passes(parts.faultPoint, reply))) return reply;
    if (clock.now() >= deadline) return sendProblem(reply, "deadline-exceeded", "the deadline passed before the hash");
    const result = await verify(parts.verifyParts, request.body, atLeast, deadline);
    switch (result.kind) {
      case "answered":
        return result.answer;
      case "busy":
        return sendProblem(reply, "busy", "no hashing seat came free in time", result.retryAfterMs);
      case "behind":
      case "unavailable":
        return sendNotRead(reply, result);
    }
  });

  app.post<{ Body: LookupRequest }>("/v1/lookup", { schema: { body: LookupRequestSchema } }, async (request, reply) => {
    const deadline = deadlineOf(request, reply, longestMs.lookup, clock);
    const atLeast = deadline === undefined ? undefined : atLeastOf(request, reply);
    if (deadline === undefined || atLeast === undefined) return reply;
    const result = await lookup(store, request.body.address, atLeast, deadline);
    return result.kind === "answered" ? result.answer : sendNotRead(reply, result);
  });

  app.get<{ Params: { address: string } }>(
    "/v1/users/:address",
    { onRequest: requireToken(control.token) },
    async (request, reply) => {
      const deadline = deadlineOf(request, reply, longestMs.lookup, clock);
      const atLeast = deadline === undefined ? undefined : atLeastOf(request, reply);
      if (deadline === undefined || atLeast === undefined) return reply;
      const address = readAddress(request.params.address)?.canonical;
      if (address === undefined) return sendProblem(reply, "invalid-request", "address: is not a mail address");
      const reading = await store.readAtLeast(address, atLeast, deadline);
      if (reading.kind === "behind" || reading.kind === "unavailable") return sendNotRead(reply, reading);
      if (reading.kind === "absent" || reading.record.kind !== "user")
        return sendProblem(reply, "not-found", "no user has this address");
      return tellOf(reading.record);
    },
  );
}

/** Whether a verify comes through the fault point; when it does not, nobody is there to be answered. */
async function passes(faultPoint: FaultPoint, reply: FastifyReply): Promise<boolean> {
  const left = new AbortController();
  reply.raw.once("close", () => left.abort());
  const passage = await faultPoint.passVerify(left.signal);
  if (passage === "passes") return true;
  reply.hijack();
  if (passage === "full") reply.raw.destroy();
  return false;
}
