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
  /** Its lease may end it before it is taken away. Else one that is not there any more then was ended by somebody else. */
  readonly endsWithLease: boolean;
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
export const toxicName = "drill";
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
      return toxicFault(client, targets, { type: "silent" }, tools);
    case "intermittent-instance":
      return intermittentFault(client, first, fault.share, tools);
    case "hanging-verify":
      return verifyFault(targets, tools.token, tools.leaseMs);
    case "frozen-instance":
      return freezeFault(first, tools);
  }
}

function toxicFault(client: FaultClient, targets: readonly Target[], toxic: ToxicOrder, tools: FaultTools): Fault {
  return {
    inject: () => addToxics(client, targets, toxic, tools.leaseMs),
    proveBites: () =>
      holds(targets, async (target) => (await lookup(target)) === "silent" && (await isHealthy(target))),
    remove: () => removeToxics(client, targets, tools),
    proveGone: () => holds(targets, async (target) => (await lookup(target)) !== "silent"),
  };
}

function intermittentFault(client: FaultClient, target: Target, share: number, tools: FaultTools): Fault {
  return {
    inject: () => addToxics(client, [target], { type: "intermittent", attributes: { share } }, tools.leaseMs),
    // One look-up in several hangs: try until one does. The rest answer, or it would be another fault.
    proveBites: () => holds([target], async (one) => (await lookup(one)) === "silent" && (await isHealthy(one))),
    remove: () => removeToxics(client, [target], tools),
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

function freezeFault(target: Target, { journalFrozen, leaseMs, endsWithLease }: FaultTools): Fault {
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
      // One that was fenced for it is gone, and goes on no more.
      if (wasFrozen && !endsWithLease && stateOf(target) === "running") throw goneBefore();
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

type Failure = Exclude<Reply<unknown>, { kind: "ok" }>;

const isFailure = (reply: Reply<unknown>): reply is Failure => reply.kind !== "ok";
const isNotFound = (reply: Failure): boolean => reply.kind === "refused" && reply.status === 404;

/** Nobody knows since when: what the side shows from some moment on is no answer to its fault. */
const goneBefore = (): SideLost => new SideLost("the fault was found gone", "somebody else had taken it away");

async function removeToxics(
  client: FaultClient,
  targets: readonly Target[],
  { endsWithLease }: FaultTools,
): Promise<void> {
  const replies = await Promise.all(targets.map((target) => client.removeToxic(target.id, toxicName)));
  const refusal = replies.filter(isFailure).find((reply) => !isNotFound(reply));
  if (refusal !== undefined) throw unproven(refusal);
  const missing = targets.filter((_, index) => replies[index]?.kind !== "ok");
  if (missing.length === 0 || endsWithLease) return;
  const proxies = await client.proxies();
  if (proxies.kind !== "ok") throw unproven(proxies);
  // A proxy that bit and has no toxic now had it taken away; one that was made anew, for another process, never had it.
  if (missing.some(({ id }) => Object.hasOwn(proxies.value[id]?.counters.applied ?? {}, toxicName))) throw goneBefore();
}

const unproven = (reply: Failure): SideLost =>
  new SideLost(
    reply.kind === "refused" ? "the fault proxies refused to take the fault away" : "the fault proxies did not answer",
    `that the fault is gone cannot be proven (${reply.detail})`,
  );

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
