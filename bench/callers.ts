/**
 * The ways to ask a partition that the guard's cost is measured against: each asks the same question over the same kind of
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
import { settingsOf } from "@cordon/lab";
import type { PartitionMap } from "@cordon/model";
import { createPartitionClient } from "@cordon/partition-client";
import { createLog, systemClock } from "@cordon/runtime";

export interface Caller extends AsyncDisposable {
  readonly name: string;
  /** What stands between the caller and the wire. */
  readonly guards: string;
  /** One question, asked and answered. Rejects when it was not answered. */
  ask(): Promise<void>;
}

const tenant = "one.test";
const address = { local: "ann", domain: tenant, canonical: `ann@${tenant}` };
const question = JSON.stringify({ address: address.canonical });
const { guard } = settingsOf("on", []);
const deadlineMs = guard.deadlineMs === "off" ? guard.attemptTimeoutMs.lookup : guard.deadlineMs.lookup;
const seats = { running: 32, waiting: 64 };

/** The four ways, each on connections of its own. `services` are base URLs of role instances of one partition. */
export const callersOf = (services: readonly string[]): readonly Caller[] => {
  const [first = ""] = services;
  return [bare(first), underOpossum(first), underCockatiel(first), underCordon(services)];
};

function bare(service: string): Caller {
  const wire = createWire(service);
  return { name: "bare", guards: "nothing", ask: wire.exchange, [Symbol.asyncDispose]: wire.close };
}

function underOpossum(service: string): Caller {
  const wire = createWire(service);
  const breaker = new CircuitBreaker<void, void>(wire.exchange, { timeout: deadlineMs });
  return {
    name: "opossum",
    guards: "breaker, timeout",
    ask: () => breaker.fire(),
    async [Symbol.asyncDispose]() {
      breaker.shutdown();
      await wire.close();
    },
  };
}

function underCockatiel(service: string): Caller {
  const wire = createWire(service);
  const policy = wrap(
    timeout(deadlineMs, TimeoutStrategy.Aggressive),
    retry(handleAll, { maxAttempts: guard.retry.attempts }),
    bulkhead(seats.running, seats.waiting),
    circuitBreaker(handleAll, { halfOpenAfter: 1_000, breaker: new ConsecutiveBreaker(4) }),
  );
  return {
    name: "cockatiel",
    guards: "timeout, retry, bulkhead, breaker",
    ask: () => policy.execute(wire.exchange),
    [Symbol.asyncDispose]: wire.close,
  };
}

function underCordon(services: readonly string[]): Caller {
  const map: PartitionMap = {
    epoch: 1,
    partitions: [
      { id: "p1", instances: services.map((service, index) => ({ id: `p1${"ab"[index] ?? "c"}`, service })) },
    ],
    buckets: ["p1"],
    tenants: [tenant],
    pins: { [tenant]: "p1" },
  };
  const client = createPartitionClient({
    settings: guard,
    control: { followMap: (onMap) => onMap(map), followOperator: () => {} },
    link: { judge: () => {} },
    events: { emit: () => {} },
    clock: systemClock,
    random: Math.random,
    log: createLog("bench", "error"),
  });
  return {
    name: "cordon",
    guards: "the whole chain, canaries too",
    async ask() {
      const answer = await client.lookup(address, {});
      if (answer.kind !== "answered") throw new Error(`cordon: ${answer.kind}`);
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** One exchange after another over a pool like that of Cordon's exchange, with nothing around it. */
function createWire(service: string): { readonly exchange: () => Promise<void>; readonly close: () => Promise<void> } {
  const pool = new Pool(service, { connections: seats.running, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  const headers = ["content-type", "application/json"];
  return {
    exchange: () =>
      new Promise((resolve, reject) => {
        let text = "";
        let status = 0;
        const decoder = new TextDecoder();
        const handler: Dispatcher.DispatchHandler = {
          onRequestStart() {},
          onResponseStart: (_controller, statusCode) => void (status = statusCode),
          onResponseData: (_controller, chunk) => void (text += decoder.decode(chunk, { stream: true })),
          onResponseEnd() {
            const { kind } = JSON.parse(text) as { kind?: string };
            if (status === 200 && kind === "mailbox") resolve();
            else reject(new Error(`status ${status}`));
          },
          onResponseError: (_controller, error) => reject(error),
        };
        pool.dispatch({ path: "/v1/lookup", method: "POST", body: question, headers }, handler);
      }),
    close: () => pool.close(),
  };
}
