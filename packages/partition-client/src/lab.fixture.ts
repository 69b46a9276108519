/**
 * A small lab for this package's tests, over real sockets: HTTP servers that stand for role instances and speak the
 * directory's wire, each with manners that can be changed while it runs, and a client whose map and operator's orders
 * come from the test. Nothing waits for a time: tests wait for an event, or for a condition to come true.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import {
  freeSeatsHeader,
  type Event,
  type GuardSettings,
  type LookupAnswer,
  type OperatorState,
  type PartitionMap,
  type VerifyAnswer,
} from "@cordon/model";
import { createLog, systemClock, type Events, type Judgement } from "@cordon/runtime";
import type { PartitionClient } from "./answer.ts";
import { createPartitionClient } from "./client.ts";
import { canaryHeader, type AskedOperation } from "./exchange.ts";

/** What a role instance does with one exchange. */
export type Manner = "answer" | "silent" | "busy" | "unavailable" | "reset" | "rubbish" | "held";

export interface Asked {
  readonly operation: AskedOperation;
  readonly canary: boolean;
  readonly headers: IncomingMessage["headers"];
  /** Exchanges of callers before this one. */
  readonly ordinal: number;
}

export interface Role extends AsyncDisposable {
  readonly id: string;
  readonly service: string;
  manner: (asked: Asked) => Manner;
  /** Exchanges of callers, begun and answered, and how many were open together at most. */
  readonly seen: Asked[];
  answered: number;
  readonly open: Set<ServerResponse>;
  mostOpen: number;
  readonly sockets: Set<Socket>;
  canaries: number;
  /** Answers what was held. */
  release(): void;
}

export const verified: VerifyAnswer = {
  kind: "verified",
  userId: "u1",
  address: "ann@one.test",
  tenant: "one.test",
  credentialEpoch: 1,
};
export const mailbox: LookupAnswer = { kind: "mailbox", mailbox: "ann@one.test" };

export async function startRole(id: string, manner: Role["manner"] = () => "answer"): Promise<Role> {
  const held = new Set<() => void>();
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => serve(request, response));
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const canary = request.headers[canaryHeader] !== undefined;
    const operation = request.url === "/v1/verify" ? "verify" : "lookup";
    const asked = { operation, canary, headers: request.headers, ordinal: role.seen.length } as const;
    if (canary) role.canaries++;
    else {
      role.seen.push(asked);
      role.open.add(response);
      role.mostOpen = Math.max(role.mostOpen, role.open.size);
      response.on("close", () => role.open.delete(response));
    }
    const answer = (): void => {
      if (!canary) role.answered++;
      const value = operation === "verify" ? verified : canary ? { kind: "unknown" } : mailbox;
      response
        .writeHead(200, { "content-type": "application/json", [freeSeatsHeader]: "2" })
        .end(JSON.stringify(value));
    };
    switch (role.manner(asked)) {
      case "answer":
        return answer();
      case "held":
        return void held.add(answer);
      case "silent":
        return;
      case "busy":
        return void response.writeHead(429, { "retry-after": "2" }).end("{}");
      case "unavailable":
        return void response.writeHead(503).end("{}");
      case "rubbish":
        return void response.writeHead(200).end('{"kind":"maybe"}');
      case "reset":
        request.socket.resetAndDestroy();
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const role: Role = {
    id,
    service: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    manner,
    seen: [],
    answered: 0,
    open: new Set(),
    mostOpen: 0,
    sockets,
    canaries: 0,
    release() {
      for (const answer of held) answer();
      held.clear();
    },
    [Symbol.asyncDispose]: () => stop(server),
  };
  return role;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** `p1` lives at one.test, `p2` at two.test, and so on. */
export const tenantOf = (partition: string): string => `${names[Number(partition.slice(1))] ?? "none"}.test`;
const names = ["none", "one", "two", "three", "four"];

export function mapOf(epoch: number, partitions: Readonly<Record<string, readonly Role[]>>): PartitionMap {
  const ids = Object.keys(partitions);
  return {
    epoch,
    partitions: Object.entries(partitions).map(([id, roles]) => ({
      id,
      instances: roles.map((role) => ({ id: role.id, service: role.service })),
    })),
    buckets: ids,
    tenants: ids.map(tenantOf),
    pins: Object.fromEntries(ids.map((id) => [tenantOf(id), id])),
  };
}

/** Small and quick; a test says what it changes. */
export const settings: GuardSettings = {
  attemptTimeoutMs: { verify: 400, lookup: 300 },
  deadlineMs: { verify: 800, lookup: 700 },
  bulkhead: { kind: "per-partition", seats: 32, waiting: 64, waitMs: 300 },
  breaker: {
    consecutiveMisses: 4,
    windowMs: 2000,
    errorShare: 0.5,
    volume: 8,
    openMs: 300,
    probes: 2,
    probeLeaseMs: 500,
  },
  retry: { attempts: 2, delay: { kind: "jittered", baseMs: 1, capMs: 5 }, budget: { ratio: 0.1, reserve: 4 } },
  hedge: "off",
  evidence: {
    canaryEveryMs: 100,
    canaryTimeoutMs: 300,
    overdueMs: { verify: 300, lookup: 250 },
    redMisses: 2,
    windowMs: 3000,
    minSamples: 8,
    redShare: 0.15,
    yellowShare: 0.05,
    greenSuccesses: 3,
    slowFactor: 100,
    hostSlowShare: 0.6,
  },
  ejection: { maxShare: 0.5, baseMs: 5000, maxMs: 60_000 },
  isolation: { probes: 2, probeEveryMs: 100, probeLeaseMs: 400, rejoinSuccesses: 3 },
};

/** A caller of partitions that judges nobody, so that a test of the guard alone is disturbed by no canary. */
export const unjudged: GuardSettings = { ...settings, ejection: "off", isolation: "off", breaker: "off" };

export interface Caller extends AsyncDisposable {
  readonly client: PartitionClient;
  readonly events: Event[];
  readonly judgements: Omit<Judgement, "type">[];
  publish(map: PartitionMap): void;
  order(state: OperatorState): void;
  /** The first event of the kind that fits, once there is one. */
  event(kind: Event["kind"], about?: Partial<Event>): Promise<Event>;
}

export function startCaller(guard: GuardSettings, map: PartitionMap | undefined): Caller {
  const events: Event[] = [];
  const judgements: Omit<Judgement, "type">[] = [];
  const onMaps: ((map: PartitionMap) => void)[] = [];
  const onOrders: ((state: OperatorState) => void)[] = [];
  const sink: Events = {
    emit: (kind, detail, about) =>
      void events.push({ at: systemClock.now(), source: "test", kind, detail, ...about } as Event),
  };
  const client = createPartitionClient({
    settings: guard,
    control: {
      followMap(onMap) {
        onMaps.push(onMap);
        if (map !== undefined) onMap(map);
      },
      followOperator: (onState) => void onOrders.push(onState),
    },
    link: { judge: (judgement) => void judgements.push(judgement) },
    events: sink,
    clock: systemClock,
    random: Math.random,
    log: createLog("test", "error"),
  });
  return {
    client,
    events,
    judgements,
    publish: (next) => onMaps.forEach((onMap) => onMap(next)),
    order: (state) => onOrders.forEach((onState) => onState(state)),
    async event(kind, about = {}) {
      const fits = (event: Event): boolean =>
        event.kind === kind && Object.entries(about).every(([key, value]) => event[key as keyof Event] === value);
      await until(() => events.some(fits), `event ${kind} ${JSON.stringify(about)}`);
      const found = events.find(fits);
      if (found === undefined) throw new Error("the event was there a moment ago");
      return found;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** Waits for the condition, within a bound that only a broken test reaches. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const giveUpAt = systemClock.now() + 10_000;
  while (!condition()) {
    if (systemClock.now() > giveUpAt) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 2);
    });
  }
}
