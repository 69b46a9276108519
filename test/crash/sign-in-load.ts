/**
 * Sign-ins for the crash test: right passwords, and now and then a wrong one. Whatever dies meanwhile, a right password is
 * never called wrong and a wrong one never let in; everything else (unavailable, busy, no answer) is what a client of a
 * dying host has to expect.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { LabUser } from "@cordon/lab";
import { coin } from "@cordon/model";

export interface SignInTally {
  readonly served: number;
  /** Of the served: by fallback. */
  readonly degraded: number;
  /** Answered `no` with good reason: the password was wrong. */
  readonly refused: number;
  /** Unavailable, busy, or no answer at all. */
  readonly unserved: number;
  /** One line for each answer that must not be. */
  readonly wrong: readonly string[];
}

export interface SignInLoadOptions {
  readonly authUrl: string;
  readonly users: readonly LabUser[];
  readonly seed: string;
  readonly clients: number;
  readonly pauseMs: number;
  readonly patienceMs: number;
}

export type SignInAnswer = "served" | "degraded" | "refused" | "unserved";

const wrongShare = 0.15;

/** Asks once. `refused` is 401 and nothing else. */
export async function signIn(
  authUrl: string,
  address: string,
  password: string,
  patienceMs: number,
): Promise<SignInAnswer> {
  try {
    const response = await fetch(new URL("/v1/sign-in", authUrl), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ address, password }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const answer = (await response.json()) as { degraded?: boolean };
    if (response.status === 200) return answer.degraded === true ? "degraded" : "served";
    return response.status === 401 ? "refused" : "unserved";
  } catch {
    return "unserved";
  }
}

/** Signs in until `ending` is aborted. */
export async function signInAll(options: SignInLoadOptions, ending: AbortSignal): Promise<SignInTally> {
  const { authUrl, users, seed, patienceMs } = options;
  const tally = { served: 0, degraded: 0, refused: 0, unserved: 0 };
  const wrong: string[] = [];
  const work = async (client: number): Promise<void> => {
    for (let number = 0; !ending.aborted; number++) {
      const user = users[Math.floor(coin(seed, "sign-in", client, number) * users.length)];
      if (user === undefined) throw new Error("a lab has users");
      const isRight = coin(seed, "password", client, number) >= wrongShare;
      const answer = await signIn(authUrl, user.address, isRight ? user.password : "not this one", patienceMs);
      tally[answer] += 1;
      if (isRight ? answer === "refused" : answer === "served" || answer === "degraded")
        wrong.push(`${user.address} was ${answer} with the ${isRight ? "right" : "wrong"} password`);
      await delay(options.pauseMs * coin(seed, "sign-in pause", client, number));
    }
  };
  await Promise.all(Array.from({ length: options.clients }, (_, client) => work(client)));
  return { ...tally, served: tally.served + tally.degraded, wrong };
}
