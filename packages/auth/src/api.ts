/**
 * The routes of the door, and the OpenAPI document made from the very schemas that check them. The deadline of a sign-in
 * is made here, and a client that hangs up takes with it what was begun for it.
 */
import swagger from "@fastify/swagger";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  deadlineHeader,
  ProblemSchema,
  SignInAnswerSchema,
  SignInRequestSchema,
  type Clock,
  type SignInAnswer,
  type SignInRequest,
} from "@cordon/model";
import { deadlineAtDoor } from "@cordon/policy";
import { sendProblem, type App } from "@cordon/runtime";
import type { SignInDesk, SignInOutcome } from "./sign-in.ts";
import type { Tokens } from "./tokens.ts";

export interface ApiOptions {
  readonly desk: SignInDesk;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly signInBudgetMs: number;
  /** Whether a caller's deadline header is read. */
  readonly deadlines: boolean;
  readonly tokenSeconds: number;
  readonly degradedTokenSeconds: number;
  readonly maxSignIns: number;
}

/** Clients that are turned away at the door are asked to stay away this long. */
const doorRetryMs = 1_000;

export async function addRoutes(app: App, options: ApiOptions): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Cordon sign-in", version: "1", description: "Sign in with a mail address and a password." },
    },
  });
  addSignIn(app, options);
  app.get(
    "/.well-known/jwks.json",
    { schema: { description: "The public keys that tokens are signed with (RFC 7517)." } },
    () => options.tokens.jwks,
  );
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  app.get("/health", { schema: { description: "What the process thinks of itself." } }, () => ({ status: "ok" }));
}

type SignInHttp = FastifyRequest<{ Body: SignInRequest }>;

function addSignIn(app: App, options: ApiOptions): void {
  const { desk, clock } = options;
  let underWay = 0;

  async function signIn(request: SignInHttp, reply: FastifyReply): Promise<SignInAnswer | FastifyReply> {
    const now = clock.now();
    const said = options.deadlines ? request.headers[deadlineHeader] : undefined;
    const door = deadlineAtDoor(options.signInBudgetMs, said?.toString(), now);
    if (door.kind === "passed") return sendProblem(reply, "deadline-exceeded");
    if (door.kind === "malformed") return sendProblem(reply, "invalid-request", `${deadlineHeader}: ${door.detail}`);

    const budgetEnd = now + options.signInBudgetMs;
    const deadline = door.deadline === "off" ? budgetEnd : door.deadline;
    const left = new AbortController();
    const leave = (): void => left.abort();
    reply.raw.once("close", leave);
    const { address, password } = request.body;
    const hurried = deadline < budgetEnd;
    const outcome = await desk.signIn({ address, password, deadline, hurried, left: left.signal });
    reply.raw.off("close", leave);
    return send(outcome, reply, options);
  }

  app.post<{ Body: SignInRequest }>("/v1/sign-in", { schema: signInSchema }, async (request, reply) => {
    reply.header("cache-control", "no-store");
    if (underWay >= options.maxSignIns) return sendProblem(reply, "busy", undefined, doorRetryMs);
    underWay += 1;
    try {
      return await signIn(request, reply);
    } finally {
      underWay -= 1;
    }
  });
}

async function send(
  outcome: SignInOutcome,
  reply: FastifyReply,
  { tokens, clock, tokenSeconds, degradedTokenSeconds }: ApiOptions,
): Promise<SignInAnswer | FastifyReply> {
  switch (outcome.kind) {
    case "signed-in": {
      const { subject, degraded } = outcome;
      const expiresInSeconds = degraded ? degradedTokenSeconds : tokenSeconds;
      const token = await tokens.issue(subject, degraded, expiresInSeconds, clock.wall());
      return { token, tokenType: "Bearer", expiresInSeconds, degraded };
    }
    case "refused":
      return sendProblem(reply, "unauthenticated");
    case "busy":
      return sendProblem(reply, "busy", undefined, outcome.retryAfterMs);
    case "unavailable":
      return sendProblem(reply, "unavailable", undefined, outcome.retryAfterMs);
  }
}

const problemAnswer = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: ProblemSchema } },
});
const temporaryAnswer = (description: string) => ({
  ...problemAnswer(description),
  headers: { "Retry-After": { type: "integer", description: "Seconds after which to come back" } },
});

const signInSchema = {
  description: "Trades an address and a password for a token.",
  body: SignInRequestSchema,
  response: {
    200: { description: "Signed in.", content: { "application/json": { schema: SignInAnswerSchema } } },
    400: problemAnswer("The body is not a sign-in."),
    401: problemAnswer("The address or the password is wrong; which of them is not said."),
    429: temporaryAnswer("Too many sign-ins at once."),
    503: temporaryAnswer("The user's partition is unavailable and nothing kept here may vouch."),
    504: problemAnswer("The caller's deadline had passed on arrival."),
  },
};
