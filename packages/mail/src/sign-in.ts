/**
 * AUTH, asked of the auth front end over HTTP: mail never sees a hash and never hashes, since argon2 in this process
 * would hold up every file it writes. Only a definite 401 or 400 is a refusal; whatever else comes, or does not, is temporary.
 * Invariants: each question ends within its time-out and is cancelled by it; no password is ever written down.
 */
import { Pool } from "undici";
import { reply, type Reply } from "./admission.ts";

export interface SignIn {
  /** Whether the password is right. Never rejects. */
  ask(address: string, password: string): Promise<{ readonly kind: "signed-in" } | Reply>;
  close(): Promise<void>;
}

/** The password is wrong, or the two could never be an address and a password (one of them is too long): trying again is no use. */
const definite: ReadonlySet<number> = new Set([400, 401]);
const refused = reply(535, "5.7.8", "The address or the password is wrong");
const unavailable = reply(454, "4.7.0", "Signing in is temporarily unavailable, try later");

export function createSignIn(auth: {
  readonly url: string;
  readonly timeoutMs: number;
  readonly connections: number;
}): SignIn {
  const pool = new Pool(new URL(auth.url).origin, { connections: auth.connections, pipelining: 1 });
  return {
    async ask(address, password) {
      try {
        const { statusCode, body } = await pool.request({
          method: "POST",
          path: "/v1/sign-in",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ address, password }),
          signal: AbortSignal.timeout(auth.timeoutMs),
        });
        await body.dump();
        if (statusCode === 200) return { kind: "signed-in" };
        return definite.has(statusCode) ? refused : unavailable;
      } catch {
        // Not reached, not in time, or broken off: nothing was said about the password.
        return unavailable;
      }
    },
    close: () => pool.destroy(),
  };
}
