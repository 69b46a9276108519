/**
 * The way to a partition: ROUTE > GUARD > EXCHANGE, put together. auth and mail each have one client. It follows the
 * map and the operator's orders from control, and goes on with the last ones when control is gone.
 * Invariant: after `close` no timer, socket or attempt of it is left.
 */
import {
  parseAddress,
  type Clock,
  type GuardSettings,
  type Operation,
  type OperatorState,
  type TenantId,
} from "@cordon/model";
import { boundsOf } from "@cordon/policy";
import type { ControlClient } from "@cordon/control-client";
import type { Events, Log, SupervisorLink } from "@cordon/runtime";
import { createAlarms } from "./alarms.ts";
import type { Answer, CallOptions, PartitionClient, Standing } from "./answer.ts";
import { createCanary, type Canary } from "./canary.ts";
import { lookupQuestion, verifyQuestion, type Question } from "./exchange.ts";
import type { GateContext, RoleInstance, RoutedPartition } from "./gate.ts";
import { createGuard } from "./guard.ts";
import { createJudge } from "./judge.ts";
import { createRoute } from "./route.ts";
import { createSeats } from "./seats.ts";
import { createStandings, standingOf } from "./standing.ts";

export interface PartitionClientOptions {
  readonly settings: GuardSettings;
  readonly control: Pick<ControlClient, "followMap" | "followOperator">;
  readonly link: Pick<SupervisorLink, "judge">;
  readonly events: Events;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Log;
}

/** When to come back while there is no map. */
const noMapRetryAfterMs = 1000;

export function createPartitionClient(options: PartitionClientOptions): PartitionClient {
  const { settings, clock, events, random, log } = options;
  const alarms = createAlarms(clock);
  const context: GateContext = {
    settings,
    clock,
    events,
    alarms,
    sharedSeats: settings.bulkhead.kind === "shared" ? createSeats(boundsOf(settings.bulkhead), clock) : undefined,
  };
  const listeners: Parameters<PartitionClient["onStanding"]>[0][] = [];
  const canaries = new Map<RoleInstance, Canary>();
  const ready = Promise.withResolvers<void>();
  const watching = settings.ejection !== "off" || settings.isolation !== "off";
  let orders: OperatorState | undefined;
  let closed = false;

  const standings = createStandings({
    settings,
    clock,
    events,
    onStanding(gate, standing, byOperator) {
      if (standing.state === "isolated") guard.shut(gate, standing.by);
      // Writes do not go through here; what the operator says of the partition holds for them as well.
      const operations = byOperator && gate.operation === "lookup" ? (["lookup", "write"] as const) : [gate.operation];
      for (const operation of operations)
        for (const listener of listeners) listener(gate.partition, operation, standing);
    },
  });
  const judge = createJudge({
    settings,
    clock,
    events,
    link: options.link,
    standings,
    partitions: () => route.all(),
    onEjected: (path) => guard.giveUp(path),
  });
  const guard = createGuard({ settings, clock, alarms, random, judge, standings });
  const route = createRoute(context, {
    opened(at) {
      if (orders !== undefined) standings.obey(orders, [at]);
    },
    joined(at, instance, replaced) {
      if (!watching) return;
      const firstAfterMs = replaced ? 0 : random() * settings.evidence.canaryEveryMs;
      canaries.set(instance, createCanary({ evidence: settings.evidence, clock, judge }, at, instance, firstAfterMs));
    },
    left(instance) {
      canaries.get(instance)?.close();
      canaries.delete(instance);
    },
    replaced(at) {
      standings.replaced(at);
      judge.look(at);
    },
  });

  options.control.followMap((map) => {
    if (closed) return;
    route.take(map);
    log.info({ epoch: map.epoch, partitions: map.partitions.length }, "took a partition map");
    ready.resolve();
  });
  options.control.followOperator((state) => {
    if (closed) return;
    orders = state;
    standings.obey(state, route.all());
  });

  function ask<Value>(
    domain: string,
    question: Question<Value>,
    request: unknown,
    call: CallOptions,
  ): Promise<Answer<Value>> {
    const partition = route.locate(domain)?.partition;
    const at = partition === undefined || closed ? undefined : route.find(partition);
    if (at !== undefined) return guard.ask(at, question, JSON.stringify(request), call);
    return Promise.resolve({ kind: "unavailable", partition, reason: "no-map", retryAfterMs: noMapRetryAfterMs });
  }

  return {
    verify: (request, call) => ask(domainOf(request.address), verifyQuestion, request, call),
    lookup: (address, call) => ask(address.domain, lookupQuestion, { address: address.canonical }, call),
    locate: (domain) => route.locate(domain),
    partitions: () => route.ids(),
    standing: (partition, operation) => standingAt(route.find(partition), operation),
    onStanding: (listener) => void listeners.push(listener),
    ready: () => ready.promise,
    async close() {
      closed = true;
      judge.close();
      context.sharedSeats?.flush(noMapRetryAfterMs);
      await route.close();
      alarms.close();
    },
  };
}

const joined: Standing = { state: "joined" };

/** Nobody judges writes here; only the operator isolates them. */
function standingAt(at: RoutedPartition | undefined, operation: Operation): Standing {
  if (at === undefined) return joined;
  if (operation !== "write") return standingOf(at.gates[operation].isolation);
  const standing = standingOf(at.gates.lookup.isolation);
  return standing.state === "isolated" && standing.by === "operator" ? standing : joined;
}

/** A text that is no address has a domain all the same, and a partition that can say that it knows no such user. */
function domainOf(address: string): TenantId {
  return parseAddress(address)?.domain ?? address.slice(address.lastIndexOf("@") + 1).toLowerCase();
}
