/**
 * One sign-in as a client makes it: a POST over a kept connection, and patience. What it saw is told in the words of the
 * history; the kernel decides what is late. There are no retries: the drill measures the service, not its clients.
 */
import { Agent, request } from "undici";
import { SignInAnswerSchema, type SignInRecord } from "@cordon/model";
import { Compile } from "typebox/compile";

export type SignInSeen = Pick<SignInRecord, "outcome" | "code">;

const isAnswer = Compile(SignInAnswerSchema);

/** A client with room for `connections` requests at once, each given up after `patienceMs`. */
export function createSignInClient(url: string, patienceMs: number, connections: number) {
  // One connection for each request under way: a hung request must never hold up the next one of the schedule.
  const agent = new Agent({ connections, pipelining: 1, connectTimeout: patienceMs });
  return {
    async signIn(address: string, password: string): Promise<SignInSeen> {
      try {
        const response = await request(new URL("/v1/sign-in", url), {
          dispatcher: agent,
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ address, password }),
          signal: AbortSignal.timeout(patienceMs),
        });
        const body: unknown = await response.body.json();
        if (response.statusCode !== 200) return { outcome: "refused", code: String(response.statusCode) };
        if (!isAnswer.Check(body)) return { outcome: "refused", code: "not-a-sign-in-answer" };
        return { outcome: body.degraded ? "degraded" : "ok", code: "200" };
      } catch (error) {
        return { outcome: "unknown", code: codeOf(error) };
      }
    },
    close: () => agent.destroy(),
  };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "error";
  if (error.name === "TimeoutError") return "timeout";
  return "code" in error ? String(error.code) : error.name;
}
