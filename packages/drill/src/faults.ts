/**
 * The faults a drill can do, each one proven from outside: that it bites, by a request of the drill's own that gets no
 * answer while the health port still says ok, and that it is gone, by one that gets an answer (or a closed door, where
 * the instance has been fenced meanwhile). A drill whose fault was not proven proves nothing itself.
 */
import { setTimeout as delay } from "node:timers/promises";
import { createFaultClient, freeze, thaw, type FaultClient, type Reply, type ToxicOrder } from "@cordon/fault";
import type { InstanceId, PartitionId } from "@cordon/model";
import { stateOf } from "@cordon/runtime";
import { SideLost } from "./side-lost.ts";

/** A role instance as the drill sees it. */
export interface Target {
  readonly id: InstanceId;
  readonly partition: PartitionId;
  readonly pid: number;
  readonly startTicks: number;
  /** Base URL through the fault proxy, as callers have it, and of the health port, which no fault touches. */
  readonly service: string;
  readonly health: string;
}

export type FaultKind =
  /** Every role instance accepts and never answers. */
  | { readonly kind: "silent-partition" }
  /** Every role instance hangs on password verification only. */
  | { readonly kind: "hanging-verify" }
  /** The first role instance is stopped by SIGSTOP. */
  | { readonly kind: "frozen-instance" }
  /** This share of exchanges with the first role instance is never answered. */
  | { readonly kind: "intermittent-instance"; readonly share: number };

export interface FaultTools {
  readonly faultUrl: string;
  /** The lab's token, for fault points inside a process. */
  readonly token: string;
  /** Process faults are written down before they are done, so that somebody can undo them. */
  readonly journalFrozen: (target: Target) => void;
  /** Every fault heals by itself after this. */
  readonly leaseMs: number;
}

export interface Fault {
  inject(): Promise<void>;
  /** Resolves true once the fault was seen to bite, false when it was not within the proof's time. */
  proveBites(): Promise<boolean>;
  remove(): Promise<void>;
  proveGone(): Promise<boolean>;
}

/** A probe waits this long for an answer; a sound instance needs a hundredth of it. */
const probeTimeoutMs = 600;
const proofAttempts = 10;
const betweenProofsMs = 100;
const toxicName = "drill";
/** Looks at /proc, tens of microseconds each, for a process that was told to stop. */
const freezeLooks = 5_000;

type Probe = "answered" | "silent" | "closed";

/** The fault on its targets: the role instances of the failed partition, in order of their ids. */
export function createFault(fault: FaultKind, targets: readonly Target[], tools: FaultTools): Fault {
  const client = createFaultClient(tools.faultUrl, 2_000);
  const [first] = targets;
  if (first === undefined) throw new Error("a fault needs a role instance to happen to");
  switch (fault.kind) {
    case "silent-partition":
      return toxicFault(client, targets, { type: "silent" }, tools.leaseMs);
    case "intermittent-instance":
      return intermittentFault(client, first, fault.share, tools.leaseMs);
    case "hanging-verify":
      return verifyFault(targets, tools.token, tools.leaseMs);
    case "frozen-instance":
      return freezeFault(first, tools.journalFrozen, tools.leaseMs);
  }
}

function toxicFault(client: FaultClient, targets: readonly Target[], toxic: ToxicOrder, leaseMs: number): Fault {
  return {
    inject: () => addToxics(client, targets, toxic, leaseMs),
    proveBites: () =>
      holds(targets, async (target) => (await lookup(target)) === "silent" && (await isHealthy(target))),
    remove: () => removeToxics(client, targets),
    proveGone: () => holds(targets, async (target) => (await lookup(target)) !== "silent"),
  };
}

function intermittentFault(client: FaultClient, target: Target, share: number, leaseMs: number): Fault {
  return {
    inject: () => addToxics(client, [target], { type: "intermittent", attributes: { share } }, leaseMs),
    // One look-up in several hangs: try until one does. The rest answer, or it would be another fault.
    proveBites: () => holds([target], async (one) => (await lookup(one)) === "silent" && (await isHealthy(one))),
    remove: () => removeToxics(client, [target]),
    proveGone: async () => {
      const probes = await Promise.all(Array.from({ length: proofAttempts }, () => lookup(target)));
      return probes.every((probe) => probe !== "silent");
    },
  };
}

function verifyFault(targets: readonly Target[], token: string, leaseMs: number): Fault {
  const order = async (points: { verify: "hang"; leaseMs: number } | { verify: "none" }): Promise<void> => {
    await Promise.all(
      targets.map((target) =>
        post(new URL("/fault-points", target.health), points, { authorization: `Bearer ${token}` }),
      ),
    );
  };
  return {
    inject: () => order({ verify: "hang", leaseMs }),
    proveBites: () =>
      holds(targets, async (target) => (await verify(target)) === "silent" && (await lookup(target)) === "answered"),
    remove: () => order({ verify: "none" }),
    proveGone: () => holds(targets, async (target) => (await verify(target)) !== "silent"),
  };
}

function freezeFault(target: Target, journalFrozen: (target: Target) => void, leaseMs: number): Fault {
  const thawed = (): boolean => stateOf(target) !== "frozen";
  let wasFrozen = false;
  return {
    async inject() {
      journalFrozen(target);
      const answer = freeze(target, leaseMs);
      if (answer.kind !== "sent") throw new SideLost(`${target.id} could not be frozen: ${answer.kind}`);
      // The kernel stops it within a moment, and a fence may have killed it within a few more: look until one is seen.
      for (let look = 0; look < freezeLooks && stateOf(target) === "running"; look++);
      wasFrozen = stateOf(target) === "frozen";
    },
    proveBites: async () => wasFrozen || (await holds([target], async (one) => (await lookup(one)) === "silent")),
    async remove() {
      thaw(target);
    },
    proveGone: () => holds([target], async (one) => thawed() && (await lookup(one)) !== "silent"),
  };
}

async function addToxics(
  client: FaultClient,
  targets: readonly Target[],
  toxic: ToxicOrder,
  leaseMs: number,
): Promise<void> {
  const replies = await Promise.all(
    targets.map((target) => client.addToxic(target.id, { ...toxic, name: toxicName, leaseMs })),
  );
  for (const reply of replies)
    if (reply.kind !== "ok") throw new SideLost("the fault could not be injected", reply.detail);
}

/** The lease healed it already, which the record shows by itself. Whatever else is refused says nothing of that. */
const isNotFound = (reply: Reply<unknown>): boolean => reply.kind === "refused" && reply.status === 404;

async function removeToxics(client: FaultClient, targets: readonly Target[]): Promise<void> {
  const replies = await Promise.all(targets.map((target) => client.removeToxic(target.id, toxicName)));
  for (const reply of replies) {
    if (reply.kind === "ok" || isNotFound(reply)) continue;
    throw new SideLost(
      reply.kind === "refused"
        ? "the fault proxies refused to take the fault away"
        : "the fault proxies did not answer",
      `that the fault is gone cannot be proven (${reply.detail})`,
    );
  }
}

/** Whether `check` comes true of every target within the proof's attempts. */
async function holds(targets: readonly Target[], check: (target: Target) => Promise<boolean>): Promise<boolean> {
  for (let attempt = 0; attempt < proofAttempts; attempt++) {
    const checks = await Promise.all(targets.map(check));
    if (checks.every(Boolean)) return true;
    await delay(betweenProofsMs);
  }
  return false;
}

/** An address nobody has: the proof costs the directory one read. */
const nobody = "proof@nobody.invalid";

const lookup = (target: Target): Promise<Probe> => post(new URL("/v1/lookup", target.service), { address: nobody }, {});

const verify = (target: Target): Promise<Probe> =>
  post(new URL("/v1/verify", target.service), { address: nobody, password: "none" }, {});

async function post(url: URL, body: unknown, headers: Record<string, string>): Promise<Probe> {
  try {
    const response = await fetch(url, {
      method: "POST",
      // A connection of its own: what hung on one that was kept says nothing about the next.
      headers: { "content-type": "application/json", connection: "close", ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(probeTimeoutMs),
    });
    await response.arrayBuffer();
    return "answered";
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? "silent" : "closed";
  }
}

async function isHealthy(target: Target): Promise<boolean> {
  try {
    const response = await fetch(new URL("/health", target.health), { signal: AbortSignal.timeout(probeTimeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
