/**
 * The routes that change something. The appointed writer carries them out; any other role instance forwards them to it
 * once. While nobody is known to write, they are temporarily unavailable, and reads go on.
 */
import type { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  AliasSchema,
  forwardedHeader,
  GroupSchema,
  NewUserSchema,
  UserChangeSchema,
  type Clock,
  type Deadline,
  type ImportAnswer,
  type NewUser,
  type UserChange,
  type WriteAnswer,
} from "@cordon/model";
import { requireToken, sendProblem, type App } from "@cordon/runtime";
import type { Appointments, Role } from "./appointment.ts";
import type { DirectoryConfig } from "./config.ts";
import { deadlineOf, header } from "./door.ts";
import type { Forwardable, Forwarder } from "./forward.ts";
import { importLines, type ImportParts } from "./import.ts";
import type { WriteCall, WriteResult, Writes } from "./write.ts";

export interface WriteApiParts {
  readonly config: Pick<DirectoryConfig, "longestMs" | "control">;
  readonly clock: Clock;
  readonly appointments: Pick<Appointments, "role">;
  readonly forwarder: Forwarder;
  readonly writes: Writes;
  readonly importParts: ImportParts;
}

type Named = { Params: { address: string } };

/** Until the supervisor has appointed somebody, or the store has taken the term. */
const writerRetryAfterMs = 500;
/** A thousand members of the longest kind, with what JSON puts around them. */
const groupBodyLimit = 524_288;

export function addWriteRoutes(app: App, parts: WriteApiParts): void {
  const { writes } = parts;
  const { longestMs, control } = parts.config;
  const guarded = { onRequest: requireToken(control.token) };

  /** A route that `run`s on the writer and is forwarded elsewhere. */
  const change =
    <R extends FastifyRequest>(run: (request: R, call: WriteCall) => Promise<WriteResult>) =>
    async (request: R, reply: FastifyReply) => {
      const deadline = deadlineOf(request, reply, longestMs.write, parts.clock);
      if (deadline === undefined) return reply;
      const role = parts.appointments.role();
      if (role.state === "writing") return sendWritten(reply, await run(request, { term: role.term, deadline }));
      const body = request.body === undefined || request.body === null ? undefined : JSON.stringify(request.body);
      return forwardTo(role, request, body, deadline, reply, parts.forwarder);
    };

  app.post<{ Body: NewUser }>(
    "/v1/users",
    { ...guarded, schema: { body: NewUserSchema } },
    change<FastifyRequest<{ Body: NewUser }>>((request, call) => writes.createUser(request.body, call)),
  );
  app.patch<Named & { Body: UserChange }>(
    "/v1/users/:address",
    { ...guarded, schema: { body: UserChangeSchema } },
    change<FastifyRequest<Named & { Body: UserChange }>>(({ params, body }, call) =>
      writes.changeUser(params.address, body, call),
    ),
  );
  app.put<Named & { Body: { target: string } }>(
    "/v1/aliases/:address",
    { ...guarded, schema: { body: AliasSchema } },
    change<FastifyRequest<Named & { Body: { target: string } }>>(({ params, body }, call) =>
      writes.putAlias(params.address, body.target, call),
    ),
  );
  app.put<Named & { Body: { members: string[] } }>(
    "/v1/groups/:address",
    { ...guarded, schema: { body: GroupSchema }, bodyLimit: groupBodyLimit },
    change<FastifyRequest<Named & { Body: { members: string[] } }>>(({ params, body }, call) =>
      writes.putGroup(params.address, body.members, call),
    ),
  );
  for (const [path, kind] of [
    ["users", "user"],
    ["aliases", "alias"],
    ["groups", "group"],
  ] as const) {
    app.delete<Named>(
      `/v1/${path}/:address`,
      guarded,
      change<FastifyRequest<Named>>(({ params }, call) => writes.remove(kind, params.address, call)),
    );
  }
  addImportRoute(app, parts);
}

/**
 * The body of an import is read as it comes and never held whole, so it has no limit but its time. NDJSON is read here
 * alone: on any other route a stream would be taken for the object it is to be checked as.
 */
function addImportRoute(app: App, parts: WriteApiParts): void {
  const { longestMs, control } = parts.config;
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("application/x-ndjson", (_request, payload, parsed) => parsed(null, payload));
    scope.post<ImportRoute>(
      "/v1/import",
      { onRequest: requireToken(control.token), config: { requestTimeoutMs: longestMs.import } },
      (request, reply) => takeImport(request, reply, parts),
    );
    done();
  });
}

/** Without a content type there is no body, not even an empty one. */
type ImportRoute = { Body: Readable | undefined };

async function takeImport(
  request: FastifyRequest<ImportRoute>,
  reply: FastifyReply,
  { config, clock, appointments, forwarder, importParts }: WriteApiParts,
): Promise<FastifyReply | ImportAnswer> {
  const { body } = request;
  if (body === undefined)
    return sendProblem(reply, "unsupported-media-type", "send application/x-ndjson, one object a line");
  const deadline = deadlineOf(request, reply, config.longestMs.import, clock);
  if (deadline === undefined) return reply;
  const role = appointments.role();
  if (role.state !== "writing") return forwardTo(role, request, body, deadline, reply, forwarder);
  try {
    const bytes = body.iterator({ destroyOnReturn: false });
    const result = await importLines(importParts, bytes, { term: role.term, deadline });
    if (result.kind === "imported") return result.answer;
    // Answered before its end, the rest is read and thrown away: the connection stays good for its next request.
    body.resume();
    return await sendProblem(reply, "unavailable", result.detail, writerRetryAfterMs);
  } catch (error) {
    // The client left in the middle: what it had sent in whole batches is stored, and nobody is there to be told.
    if (request.raw.complete) throw error;
    return reply.hijack();
  }
}

async function forwardTo(
  role: Role,
  request: FastifyRequest,
  body: Forwardable["body"],
  deadline: Deadline,
  reply: FastifyReply,
  forwarder: Forwarder,
): Promise<FastifyReply> {
  if (role.state !== "reading" || header(request, forwardedHeader) !== undefined)
    return sendProblem(reply, "unavailable", "no writer of this partition is known here now", writerRetryAfterMs);
  const write: Forwardable = {
    method: request.method as Forwardable["method"],
    path: request.url,
    contentType: body === undefined ? undefined : header(request, "content-type"),
    authorization: request.headers.authorization,
    body,
  };
  const answer = await forwarder.forward(write, role.writerUrl, deadline);
  if (answer.kind === "unavailable")
    return sendProblem(reply, "unavailable", "the writer did not answer; it may have written", writerRetryAfterMs);
  if (answer.retryAfter !== undefined) reply.header("retry-after", answer.retryAfter);
  return reply.code(answer.status).type(answer.contentType).send(answer.body);
}

function sendWritten(reply: FastifyReply, result: WriteResult): FastifyReply {
  switch (result.kind) {
    case "written":
      return reply.send({ kind: "written", revision: result.revision } satisfies WriteAnswer);
    case "refused":
      return sendProblem(reply, "invalid-request", result.detail);
    case "absent":
      return sendProblem(reply, "not-found", "nothing of this kind has this address");
    case "conflict":
      return sendProblem(reply, "conflict", result.detail);
    case "busy":
      return sendProblem(reply, "busy", "too much is waiting before this change", result.retryAfterMs);
    case "unavailable":
      return sendProblem(reply, "unavailable", result.detail, writerRetryAfterMs);
  }
}
