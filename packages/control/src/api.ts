/**
 * Control's routes, as model/wire-control.ts gives them. A feed answers at once when it has something newer than
 * `after`, else it holds the answer back; a change is answered when it is durable and not before. Whoever may not change
 * anything is told so before the body is read.
 */
import { Type } from "typebox";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  MapChangeSchema,
  NewRevocationSchema,
  OperatorOrderSchema,
  type Clock,
  type MapChange,
  type NewRevocation,
  type OperatorOrder,
  type SignedMap,
} from "@cordon/model";
import { readAddress, requireToken, sendProblem, type App } from "@cordon/runtime";
import type { KeyObject } from "node:crypto";
import type { ControlServiceConfig } from "./config.ts";
import { complaintsAbout, publicKeyOf, signMap } from "./map.ts";
import type { Feed, Polls } from "./polls.ts";
import type { ControlStore, NotDone } from "./store.ts";

/** What is said to whoever must come back: long enough for a disk to recover, short enough for an operator to wait. */
const retryAfterMs = 1000;
const feedPage = 1000;
/** The most characters of a payload that SignedMapSchema lets through. */
const maxPayload = 4_000_000;

/**
 * Absent `after` is -1, which is below everything; absent `waitMs` is 0. `store`: the one that `after` is of, absent: this
 * one. Query values are text, so they are checked as text.
 */
const PollSchema = Type.Object(
  {
    after: Type.Optional(Type.String({ pattern: "^(-1|[0-9]{1,15})$" })),
    waitMs: Type.Optional(Type.String({ pattern: "^[0-9]{1,9}$" })),
    store: Type.Optional(Type.String({ pattern: "^[0-9a-f]{1,64}$" })),
  },
  { additionalProperties: false },
);
type Poll = { Querystring: { after?: string; waitMs?: string; store?: string } };

export interface ApiParts {
  readonly config: Readonly<ControlServiceConfig>;
  readonly clock: Clock;
  readonly store: ControlStore;
  readonly polls: Polls;
  readonly mapKey: KeyObject;
}

export function addRoutes(app: App, parts: ApiParts): void {
  addFeeds(app, parts);
  addChanges(app, parts);
  addHealth(app, parts);
}

function addFeeds(app: App, { config, store, polls, mapKey }: ApiParts): void {
  const publicKey = publicKeyOf(mapKey);
  let signed: { readonly epoch: number; readonly map: SignedMap } | undefined;
  const signedMap = (): SignedMap | undefined => {
    const map = store.map();
    if (map === undefined) return undefined;
    if (signed?.epoch !== map.epoch) signed = { epoch: map.epoch, map: signMap(map, mapKey) };
    return signed.map;
  };

  /** Waits until there is something newer. Answers `busy` itself, and false, when too many wait. */
  async function newer(request: FastifyRequest<Poll>, reply: FastifyReply, feed: Feed, hasNewer: () => boolean) {
    const waitMs = Math.min(Number(request.query.waitMs ?? 0), config.polls.longestWaitMs);
    if (waitMs === 0 || hasNewer()) return true;
    const left = new AbortController();
    const leave = (): void => left.abort();
    reply.raw.once("close", leave);
    const held = polls.hold(feed, waitMs, left.signal);
    await held;
    reply.raw.off("close", leave);
    if (held === undefined) sendProblem(reply, "busy", `${polls.waiting()} polls wait already`, retryAfterMs);
    return held !== undefined;
  }

  /** A revision of another store is none of this one. */
  const revisionOf = (request: FastifyRequest<Poll>): number =>
    (request.query.store ?? store.id) === store.id ? afterOf(request) : -1;

  const schema = { querystring: PollSchema };
  app.get<Poll>("/v1/map", { schema }, async (request, reply) => {
    // Before the first map there is nothing to hand out, not even to whoever has nothing.
    const hasNewer = (): boolean => store.epoch() > Math.max(0, afterOf(request));
    if (!(await newer(request, reply, "map", hasNewer))) return reply;
    return (hasNewer() ? signedMap() : undefined) ?? reply.code(204).send();
  });
  app.get("/v1/map-key", () => ({ publicKey }));
  app.get<Poll>("/v1/operator", { schema }, async (request, reply) => {
    const hasNewer = (): boolean => store.operator().revision > revisionOf(request);
    return (await newer(request, reply, "operator", hasNewer)) ? store.operator() : reply;
  });
  app.get<Poll>("/v1/revocations", { schema }, async (request, reply) => {
    const hasNewer = (): boolean => store.revision() > revisionOf(request);
    return (await newer(request, reply, "revocations", hasNewer))
      ? store.revocations(Math.max(0, revisionOf(request)), feedPage)
      : reply;
  });
}

function addChanges(app: App, { config, store, mapKey }: ApiParts): void {
  const onRequest = requireToken(config.token);

  app.put<{ Body: MapChange }>(
    "/v1/map",
    { onRequest, schema: { body: MapChangeSchema }, bodyLimit: config.maxMapBytes },
    async ({ body: { from, map } }, reply) => {
      if (map.epoch !== from + 1)
        return sendProblem(reply, "conflict", `a map made from epoch ${from} has epoch ${from + 1}, not ${map.epoch}`);
      const complaints = complaintsAbout(map, store.map());
      if (complaints.length > 0) return sendProblem(reply, "invalid-request", complaints.join("; "));
      const signed = signMap(map, mapKey);
      if (signed.payload.length > maxPayload) return sendProblem(reply, "too-large", "the signed map cannot travel");
      const outcome = await store.publish(from, map);
      switch (outcome.kind) {
        case "published":
          return signed;
        case "conflict":
          return sendProblem(reply, "conflict", `the map is at epoch ${outcome.epoch}: start from that one`);
        case "busy":
        case "unavailable":
          return sendNotDone(reply, outcome);
      }
    },
  );

  app.post<{ Body: OperatorOrder }>(
    "/v1/operator",
    { onRequest, schema: { body: OperatorOrderSchema } },
    async ({ body }, reply) => {
      const outcome = await store.order(body);
      switch (outcome.kind) {
        case "ordered":
          return outcome.state;
        case "unknown-partition":
          return sendProblem(reply, "not-found", `${body.partition} is not a partition of the map`);
        case "busy":
        case "unavailable":
          return sendNotDone(reply, outcome);
      }
    },
  );

  app.post<{ Body: NewRevocation }>(
    "/v1/revocations",
    { onRequest, schema: { body: NewRevocationSchema } },
    async ({ body }, reply) => {
      const address = readAddress(body.address);
      if (address === undefined) return sendProblem(reply, "invalid-request", "body/address is not a mail address");
      const outcome = await store.revoke({ address: address.canonical, reason: body.reason });
      switch (outcome.kind) {
        case "revoked":
          return outcome.revocation;
        case "log-full":
          return sendProblem(reply, "unavailable", "the revocation log is full: raise maxRevocations", retryAfterMs);
        case "busy":
        case "unavailable":
          return sendNotDone(reply, outcome);
      }
    },
  );
}

function addHealth(app: App, { config, clock, store, polls }: ApiParts): void {
  const startedAt = clock.now();
  app.get("/health", () => ({
    status: "ok",
    name: config.name,
    epoch: store.epoch(),
    operatorRevision: store.operator().revision,
    revocationRevision: store.revision(),
    waiting: polls.waiting(),
    uptimeMs: Math.round(clock.now() - startedAt),
  }));
}

const afterOf = (request: FastifyRequest<Poll>): number => Number(request.query.after ?? -1);

const sendNotDone = (reply: FastifyReply, { kind }: NotDone): FastifyReply =>
  kind === "busy"
    ? sendProblem(reply, "busy", "too many changes wait for the disk", retryAfterMs)
    : sendProblem(reply, "unavailable", "the change is not known to be durable: read, then ask again", retryAfterMs);
