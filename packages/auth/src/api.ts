/** The routes of the door, and the OpenAPI document made from the very schemas that check them. */
import swagger from "@fastify/swagger";
import { ProblemSchema, SignInAnswerSchema, SignInRequestSchema, type SignInRequest } from "@cordon/model";
import { sendProblem, type App } from "@cordon/runtime";
import type { Clock } from "@cordon/model";
import type { SignInDesk } from "./sign-in.ts";
import type { Tokens } from "./tokens.ts";

export interface ApiOptions {
  readonly desk: SignInDesk;
  readonly tokens: Tokens;
  readonly clock: Clock;
  readonly tokenSeconds: number;
  readonly degradedTokenSeconds: number;
  readonly maxSignIns: number;
}

/** Clients that are turned away at the door are asked to stay away this long. */
const doorRetryMs = 1_000;
const ProblemAnswer = (description: string) => Object.assign({}, ProblemSchema, { description });

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
    async () => options.tokens.jwks,
  );
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  app.get("/health", { schema: { description: "What the process thinks of itself." } }, async () => ({ status: "ok" }));
}

function addSignIn(app: App, options: ApiOptions): void {
  const { desk, tokens, clock } = options;
  let underWay = 0;
  const schema = {
    description: "Trades an address and a password for a token.",
    body: SignInRequestSchema,
    response: {
      200: SignInAnswerSchema,
      400: ProblemAnswer("The body is not a sign-in."),
      401: ProblemAnswer("The address or the password is wrong; which of them is not said."),
      429: ProblemAnswer("Too many sign-ins at once; see Retry-After."),
      503: ProblemAnswer("The user's partition is unavailable and nothing kept here may vouch; see Retry-After."),
    },
  };
  app.post<{ Body: SignInRequest }>("/v1/sign-in", { schema }, async (request, reply) => {
    if (underWay >= options.maxSignIns) return sendProblem(reply, "busy", undefined, doorRetryMs);
    underWay += 1;
    const left = new AbortController();
    // A client that hangs up has nobody left to answer: what was begun for it stops.
    const onClose = (): void => left.abort();
    reply.raw.once("close", onClose);
    try {
      const { address, password } = request.body;
      const outcome = await desk.signIn(address, password, left.signal);
      switch (outcome.kind) {
        case "signed-in": {
          const seconds = outcome.degraded ? options.degradedTokenSeconds : options.tokenSeconds;
          const token = await tokens.issue(outcome.subject, outcome.degraded, seconds, clock.wall());
          reply.header("cache-control", "no-store");
          return { token, tokenType: "Bearer", expiresInSeconds: seconds, degraded: outcome.degraded };
        }
        case "refused":
          return sendProblem(reply, "unauthenticated");
        case "busy":
          return sendProblem(reply, "busy", undefined, outcome.retryAfterMs);
        case "unavailable":
          return sendProblem(reply, "unavailable", undefined, outcome.retryAfterMs);
      }
    } finally {
      underWay -= 1;
      reply.raw.off("close", onClose);
    }
  });
}
