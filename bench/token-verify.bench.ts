/**
 * What checking one of Cordon's tokens costs a service that is shown it with every request: the token comes from a real
 * sign-in, the key from the published key set, and the check is of signature (Ed25519), issuer and expiry. Beside it the
 * same service that does not look.
 */
import { settingsOf } from "@cordon/lab";
import type { JSONWebKeySet } from "jose";
import type { ReferenceArgs, ReferenceReady } from "./children/http-reference.ts";
import { startBenchLab } from "./support/bench-lab.ts";
import { startChild } from "./support/child.ts";
import { load } from "./support/load.ts";
import { pin } from "./support/pinning.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant } from "./support/rounds.ts";

const rounds = roundsOf(process.argv, 5);
const seconds = 2;
const connections = 16;

interface Shown {
  readonly token: string;
  readonly jwks: JSONWebKeySet;
  readonly issuer: string;
}

/** Signs one user in; the lab is gone when it returns, as whoever checks a token needs nothing of it but its key. */
async function signIn(): Promise<Shown> {
  await using bench = await startBenchLab(settingsOf("on", []), 1, 2);
  const door = bench.lab.urls.auth;
  const [user] = bench.users;
  const answer = await fetch(`${door}/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address: user?.address, password: user?.password }),
  });
  const { token } = (await answer.json()) as { token: string };
  const jwks = (await (await fetch(`${door}/.well-known/jwks.json`)).json()) as JSONWebKeySet;
  const { iss } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as { iss: string };
  return { token, jwks, issuer: iss };
}

const contents = [
  ["open", "fastify", "Fastify, a GET whose token is not looked at"],
  ["jose", "jose", "the same, checking with jose's jwtVerify and a local key set"],
  ["node-crypto", "node:crypto", "the same, checking by hand with node:crypto"],
] as const;

const { token, jwks, issuer } = await signIn();
await using scope = new AsyncDisposableStack();
const contestants: Contestant[] = [];
for (const [kind, name, contains] of contents) {
  const args: ReferenceArgs = { kind, jwks, issuer };
  const child = scope.use(await startChild<ReferenceReady>("http-reference.ts", args, "measured"));
  contestants.push({
    name,
    contains,
    reference: kind === "open" ? undefined : "fastify",
    async measure() {
      const before = await child.cpuUs();
      const seen = await load({
        url: `${child.ready}/resource`,
        method: "GET",
        headers: { authorization: `Bearer ${token}` },
        bodies: [""],
        connections,
        seconds,
        patienceSeconds: seconds,
      });
      if (seen.failed > 0) throw new Error(`${name}: ${seen.failed} requests were not answered with 200`);
      return { cpu: ((await child.cpuUs()) - before) / seen.answered, rate: seen.perSecond, p99: seen.p99Ms };
    },
  });
}
const pinned = pin(process.pid, "other");
printReport(
  {
    bench: "token-verify",
    title: `a request with a token, closed loop: ${connections} connections, ${seconds} s a round`,
    rounds,
    units: { cpu: "CPU us of the service a request", rate: "requests a second", p99: "ms" },
    rows: await measureRounds(contestants, rounds),
    notes: [],
    pinned,
    columns: [
      { heading: "CPU us", figure: "cpu", show: "median", digits: 1 },
      { heading: "min .. max", figure: "cpu", show: "range", digits: 1 },
      { heading: "over fastify", figure: "cpu", show: "over", digits: 1 },
      { heading: "a second", figure: "rate", show: "median", digits: 0 },
      { heading: "p99 ms", figure: "p99", show: "median", digits: 0 },
    ],
  },
  process.argv,
);
