/**
 * The ways to ask a partition that the guard is measured against: each asks the same question over the same kind of
 * connection, and differs in what stands before the exchange. The bare exchange is as lean as Cordon's own (undici's
 * dispatch with a handler, not its convenient calls), so that a difference is the guard and not the client library.
 */
import {
  bulkhead,
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  retry,
  timeout,
  TimeoutStrategy,
  wrap,
} from "cockatiel";
import CircuitBreaker from "opossum";
import { Pool, type Dispatcher } from "undici";
import { settingsOf, type PresetName } from "@cordon/lab";
import { LookupAnswerSchema, type GuardSettings, type PartitionMap } from "@cordon/model";
import { createPartitionClient } from "@cordon/partition-client";
import { createLog, systemClock } from "@cordon/runtime";
import { Compile } from "typebox/compile";

export interface Caller extends AsyncDisposable {
  /** One question, asked and answered. Rejects when it was not answered. */
  ask(): Promise<void>;
}

/** What each contains is said in the benches. `seen` makes its windows so long that nothing seen is ever forgotten. */
export const callerNames = [
  "bare",
  "opossum",
  "opossum, lean",
  "cockatiel",
  "cordon, all off",
  "cordon, no canaries",
  "cordon",
  "opossum, long window",
  "opossum, lean, long window",
  "cordon, long window",
  "opossum, untouched",
  "opossum, 300 ms",
] as const;
export type CallerName = (typeof callerNames)[number];

const tenant = "one.test";
const address = { local: "ann", domain: tenant, canonical: `ann@${tenant}` };
const fits = Compile(LookupAnswerSchema);
const on = settingsOf("on", []).guard;
const deadlineMs = on.deadlineMs === "off" ? on.attemptTimeoutMs.lookup : on.deadlineMs.lookup;
const seats = { running: 32, waiting: 64 };
/** Longer than a bench takes: the longest delay a timer of Node knows. */
const never = 2_147_483_647;
const longWindowMs = 120_000;
/** Nobody could be let in again without canaries, so nobody is ever found red either. */
const noCanaries = { ...on.evidence, canaryEveryMs: never, redMisses: never };

/** `services` are base URLs of role instances of one partition: Cordon chooses one for each call, the others take turns. `opened`: the guard has cut them off. */
export function createCaller(name: CallerName, services: readonly string[], opened: () => void): Caller {
  switch (name) {
    case "bare":
      return bare(services);
    case "opossum":
      return underOpossum(services, { timeout: deadlineMs }, opened);
    case "opossum, lean":
      return underOpossum(services, { timeout: deadlineMs, ...lean }, opened);
    case "cockatiel":
      return underCockatiel(services);
    case "cordon, all off":
      return underCordon(services, guardOf("off"), opened);
    case "cordon, no canaries":
      return underCordon(services, { ...on, evidence: noCanaries }, opened);
    case "cordon":
      return underCordon(services, on, opened);
    case "opossum, long window":
      return underOpossum(services, { timeout: deadlineMs, rollingCountTimeout: longWindowMs }, opened);
    case "opossum, lean, long window":
      return underOpossum(services, { timeout: deadlineMs, ...lean, rollingCountTimeout: longWindowMs }, opened);
    case "cordon, long window":
      return underCordon(services, longSighted, opened);
    case "opossum, untouched":
      return underOpossum(services, {}, opened);
    case "opossum, 300 ms":
      return underOpossum(services, { timeout: 300 }, opened);
  }
}

const guardOf = (preset: PresetName): GuardSettings => settingsOf(preset, []).guard;
const lean = { rollingPercentilesEnabled: false, enableSnapshots: false } as const;

/** Nothing opens, is ejected or is tried again: a failed call stays one failed call, with all that is seen before it. */
const longSighted: GuardSettings = {
  ...on,
  breaker: on.breaker === "off" ? "off" : { ...on.breaker, windowMs: longWindowMs, consecutiveMisses: never },
  retry: { ...on.retry, attempts: 0 },
  evidence: { ...noCanaries, windowMs: longWindowMs },
};

function bare(services: readonly string[]): Caller {
  const wire = createWire(services);
  return { ask: wire.exchange, [Symbol.asyncDispose]: wire.close };
}

function underOpossum(services: readonly string[], options: CircuitBreaker.Options, opened: () => void): Caller {
  const wire = createWire(services);
  const breaker = new CircuitBreaker<void>(wire.exchange, options).on("open", opened);
  return {
    ask: () => breaker.fire(),
    async [Symbol.asyncDispose]() {
      breaker.shutdown();
      await wire.close();
    },
  };
}

function underCockatiel(services: readonly string[]): Caller {
  const wire = createWire(services);
  const policy = wrap(
    timeout(deadlineMs, TimeoutStrategy.Aggressive),
    retry(handleAll, { maxAttempts: on.retry.attempts }),
    bulkhead(seats.running, seats.waiting),
    circuitBreaker(handleAll, { halfOpenAfter: 1_000, breaker: new ConsecutiveBreaker(4) }),
  );
  return { ask: () => policy.execute(wire.exchange), [Symbol.asyncDispose]: wire.close };
}

function underCordon(services: readonly string[], settings: GuardSettings, opened: () => void): Caller {
  const map: PartitionMap = {
    epoch: 1,
    partitions: [
      { id: "p1", instances: services.map((service, index) => ({ id: `p1${"ab"[index] ?? "c"}`, service })) },
    ],
    buckets: ["p1"],
    tenants: [tenant],
    pins: {},
  };
  const client = createPartitionClient({
    settings,
    control: { followMap: (onMap) => onMap(map), followOperator: () => {} },
    link: { judge: () => {} },
    events: { emit: (kind) => kind === "partition-isolated" && opened() },
    clock: systemClock,
    random: Math.random,
    log: createLog("bench", "error"),
  });
  return {
    async ask() {
      const answer = await client.lookup(address, {});
      if (answer.kind !== "answered") throw new Error(`cordon: ${answer.kind}`);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** One exchange after another over pools like those of Cordon's exchange, with nothing around it. */
function createWire(services: readonly string[]): Wire {
  const pools = services.map(
    (service) => new Pool(service, { connections: seats.running, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 }),
  );
  const headers = ["content-type", "application/json"];
  let turn = 0;
  return {
    exchange: () =>
      new Promise((resolve, reject) => {
        const body: Buffer[] = [];
        let status = 0;
        const handler: Dispatcher.DispatchHandler = {
          onRequestStart() {},
          onResponseStart: (_controller, statusCode) => void (status = statusCode),
          onResponseData: (_controller, chunk) => void body.push(chunk),
          onResponseEnd() {
            const text = (body.length === 1 ? body[0] : Buffer.concat(body))?.toString() ?? "";
            const answer: unknown = JSON.parse(text);
            if (status === 200 && fits.Check(answer)) resolve();
            else reject(new Error(`status ${status}`));
          },
          onResponseError: (_controller, error) => reject(error),
        };
        const pool = pools[turn++ % pools.length];
        const question = JSON.stringify({ address: address.canonical });
        pool?.dispatch({ path: "/v1/lookup", method: "POST", body: question, headers }, handler);
      }),
    async close() {
      await Promise.all(pools.map((pool) => pool.close()));
    },
  };
}

interface Wire {
  readonly exchange: () => Promise<void>;
  readonly close: () => Promise<void>;
}
