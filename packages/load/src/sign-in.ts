/**
 * One sign-in as a client makes it: a POST over a kept connection, and patience. What it saw is told in the words of the
 * history; whoever judges decides what is late. There are no retries: the service is measured, not its clients.
 */
import { Agent, request } from "undici";
import { SignInAnswerSchema } from "@cordon/model";
import { Compile } from "typebox/compile";
import type { Seen } from "./pace.ts";

/** The code of a 200 whose body is no sign-in's answer. */
export const notAnAnswer = "not-a-sign-in-answer";

const isAnswer = Compile(SignInAnswerSchema);

/** The path of a sign-in below the base URL of an auth. */
export const signInPath = "/v1/sign-in";

export const signInHeaders = { "content-type": "application/json" } as const;

export const signInBody = (address: string, password: string): string => JSON.stringify({ address, password });

/** What an answer means to a client: a 200 that is no sign-in's answer has signed nobody in. */
export function readSignIn(status: number, body: string): Seen {
  if (status !== 200) return { outcome: "refused", code: String(status) };
  const answer = parsed(body);
  if (!isAnswer.Check(answer)) return { outcome: "refused", code: notAnAnswer };
  return { outcome: answer.degraded ? "degraded" : "ok", code: "200" };
}

/** A client with room for `connections` requests at once, each given up after `patienceMs`. */
export function createSignInClient(url: string, patienceMs: number, connections: number) {
  // One connection for each request under way: a hung request must never hold up the next one of the schedule.
  const agent = new Agent({ connections, pipelining: 1, connectTimeout: patienceMs });
  return {
    async signIn(address: string, password: string): Promise<Seen> {
      try {
        const response = await request(new URL(signInPath, url), {
          dispatcher: agent,
          method: "POST",
          headers: signInHeaders,
          body: signInBody(address, password),
          signal: AbortSignal.timeout(patienceMs),
        });
        return readSignIn(response.statusCode, await response.body.text());
      } catch (error) {
        return { outcome: "unknown", code: codeOf(error) };
      }
    },
    close: () => agent.destroy(),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "error";
  if (error.name === "TimeoutError") return "timeout";
  return "code" in error ? String(error.code) : error.name;
}
