/**
 * What the parts of the client share: a gate stands before one partition for one operation, and has a path to each of
 * the partition's role instances. Verify and look-up have gates of their own, because one may hang while the other
 * answers. The guard sends calls through a gate; the judge reads what became of them and says whether it is shut. Both
 * change these records in place: they stand on the path of every call.
 * Invariant: a path belongs to one role instance at one address; when either changes there is a new path, with nothing
 * held against it.
 */
import type { Clock, Colour, GuardSettings, InstanceEndpoint, InstanceId, Instant, PartitionId } from "@cordon/model";
import {
  boundsOf,
  createEvidence,
  createLatency,
  fullBudget,
  hedgeBudget,
  joined,
  noEjections,
  type Ejections,
  type Evidence,
  type Isolation,
  type Latency,
  type TokenBudget,
} from "@cordon/policy";
import type { Events } from "@cordon/runtime";
import type { Alarms } from "./alarms.ts";
import { createBag, type Bag } from "./bag.ts";
import { createBreaker, noBreaker, type Breaker } from "./breaker.ts";
import { createExchange, type AskedOperation, type Attempt, type Exchange } from "./exchange.ts";
import { createSeats, type Seats } from "./seats.ts";

export const askedOperations: readonly AskedOperation[] = ["verify", "lookup"];

/** A role instance as this caller reaches it. */
export interface RoleInstance {
  readonly id: InstanceId;
  readonly service: string;
  readonly exchange: Exchange;
  /** Hashing seats it last said were free, and when. */
  freeSeats: number;
  freeSeatsSaidAt: Instant | undefined;
  readonly paths: Readonly<Record<AskedOperation, Path>>;
}

export interface Path {
  readonly instance: InstanceId;
  readonly operation: AskedOperation;
  readonly breaker: Breaker;
  readonly evidence: Evidence;
  readonly latency: Latency;
  /** Attempts of callers in flight; canaries are not among them. */
  readonly running: Bag<Attempt<unknown>>;
  /** As last judged; `saidRed` until it is said to be green again. */
  colour: Colour;
  saidRed: boolean;
  /** Whether the last canary was answered. */
  canaryAnswered: boolean;
}

export interface Gate {
  readonly partition: PartitionId;
  readonly operation: AskedOperation;
  readonly seats: Seats;
  instances: readonly RoleInstance[];
  retryBudget: TokenBudget;
  hedgeBudget: TokenBudget;
  isolation: Isolation;
  ejections: Ejections;
  /** As last judged: red when every path is. `saidRed` until it is said to be green again. */
  colour: Colour;
  saidRed: boolean;
  /** Whether a call is in flight too long, or the last to end was missed. */
  late: boolean;
  /** Nobody judges an operation that this caller never asks for. */
  inUse: boolean;
  /** When a call of the operation last began or ended: a judgement nothing supports any more is not passed on as red. */
  heardAt: Instant;
  /** What the supervisor was last told, and when. */
  told: { readonly colour: Colour; readonly suspectsItself: boolean; readonly at: Instant } | undefined;
}

export interface RoutedPartition {
  readonly id: PartitionId;
  instances: readonly RoleInstance[];
  readonly gates: Readonly<Record<AskedOperation, Gate>>;
  /** When it was last judged. */
  lookedAt: Instant;
}

/** What gates and paths are made from. */
export interface GateContext {
  readonly settings: GuardSettings;
  readonly clock: Clock;
  readonly events: Events;
  readonly alarms: Alarms;
  /** The one book of all partitions where the bulkhead is off. */
  readonly sharedSeats: Seats | undefined;
}

/** Canaries of one instance in flight at once, at most: one may still be waited for when the next is sent. */
const canaryConnections = 2;

export function createRoutedPartition(context: GateContext, id: PartitionId): RoutedPartition {
  const gate = (operation: AskedOperation): Gate => ({
    partition: id,
    operation,
    seats: context.sharedSeats ?? createSeats(boundsOf(context.settings.bulkhead), context.clock),
    instances: [],
    retryBudget: fullBudget(context.settings.retry.budget),
    hedgeBudget: context.settings.hedge === "off" ? noTokens : fullBudget(hedgeBudget(context.settings.hedge)),
    isolation: joined,
    ejections: noEjections,
    colour: "green",
    saidRed: false,
    late: false,
    inUse: operation === "lookup",
    heardAt: Number.NEGATIVE_INFINITY,
    told: undefined,
  });
  return {
    id,
    instances: [],
    gates: { verify: gate("verify"), lookup: gate("lookup") },
    lookedAt: Number.NEGATIVE_INFINITY,
  };
}

const noTokens: TokenBudget = { kind: "bounded", millionths: 0 };

export function createRoleInstance(
  context: GateContext,
  partition: PartitionId,
  endpoint: InstanceEndpoint,
): RoleInstance {
  const { settings, clock, events } = context;
  const { bulkhead } = settings;
  // Seats bound what is in flight; the pool only has to be wide enough never to make an exchange wait unseen.
  const seats = bulkhead.kind === "shared" ? bulkhead.connections : bulkhead.seats * askedOperations.length;
  const path = (operation: AskedOperation): Path => ({
    instance: endpoint.id,
    operation,
    breaker:
      settings.breaker === "off"
        ? noBreaker
        : createBreaker(settings.breaker, clock, (opened) =>
            events.emit(
              opened ? "breaker-opened" : "breaker-closed",
              `${operation} at ${endpoint.id}: the breaker ${opened ? "opened" : "closed"}`,
              { partition, instance: endpoint.id, operation },
            ),
          ),
    evidence: createEvidence(operation),
    latency: createLatency(clock.now()),
    running: createBag(),
    colour: "green",
    saidRed: false,
    canaryAnswered: true,
  });
  return {
    id: endpoint.id,
    service: endpoint.service,
    exchange: createExchange(
      endpoint,
      {
        connections: seats + canaryConnections,
        connectTimeoutMs: Math.max(...askedOperations.map((operation) => settings.attemptTimeoutMs[operation])),
      },
      context.alarms,
    ),
    freeSeats: 0,
    freeSeatsSaidAt: undefined,
    paths: { verify: path("verify"), lookup: path("lookup") },
  };
}

/** Nothing in it is anything but green, and the supervisor has been told so. */
export function isGreen(at: RoutedPartition): boolean {
  for (const operation of askedOperations) {
    const gate = at.gates[operation];
    if (gate.colour !== "green" || gate.late || gate.isolation.state !== "joined" || gate.ejections.size > 0)
      return false;
    if ((gate.told?.colour ?? "green") !== "green" || (gate.told?.suspectsItself ?? false)) return false;
  }
  return true;
}

/** Green, and no call in flight whose age could say otherwise. */
export function isQuiet(at: RoutedPartition): boolean {
  return (
    isGreen(at) &&
    askedOperations.every((operation) =>
      at.gates[operation].instances.every(({ paths }) => paths[operation].evidence.inFlight.ids.length === 0),
    )
  );
}
