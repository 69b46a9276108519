/**
 * A whole load: is there anything to load, the loop, the figures, the verdict. Sign-ins go in a closed loop or in an open
 * one; mail always in an open one, each mail a session of its own. Everything that could grow has a bound, and whoever
 * breaks it off gets the figures so far.
 */
import type { Clock } from "@cordon/model";
import { runClosedLoop } from "./closed-loop.ts";
import { holdLimits, type HeldLimit, type LoadLimit } from "./limits.ts";
import { composeMail, sendMail } from "./mail.ts";
import { watchOwn, type OwnFigures } from "./own.ts";
import { startPacer, type Attempted, type Seen } from "./pace.ts";
import { whyUnreachable } from "./reach.ts";
import { planWorkload, shuffled, type Planned } from "./schedule.ts";
import { createSignInClient } from "./sign-in.ts";
import { createTally, type LoadFigures } from "./tally.ts";
import type { LoadUser } from "./users.ts";
import { judgeLoad, type LoadVerdict, type OwnBounds } from "./verdict.ts";

/** Where a load goes, and by which loop. `rate`: attempts a second. */
export type LoadWay =
  /** Each connection asks again when it is answered, over all of them at most at the rate; null: none. */
  | {
      readonly target: "auth";
      readonly loop: "closed";
      /** Base URL of an auth. */
      readonly url: string;
      readonly connections: number;
      readonly rate: number | null;
    }
  /** So many a second, answered or not. */
  | { readonly target: "auth"; readonly loop: "open"; readonly url: string; readonly rate: number }
  | {
      readonly target: "mail";
      readonly loop: "open";
      readonly host: string;
      readonly port: number;
      readonly rate: number;
    };

export interface LoadOrder {
  readonly way: LoadWay;
  readonly users: readonly LoadUser[];
  readonly lengthMs: number;
  readonly limits: readonly LoadLimit[];
  /** What chance depends on: who comes when. */
  readonly seed: string;
}

export interface LoadBounds {
  /** How long a client waits for an answer; 1,000 at least. */
  readonly patienceMs: number;
  /** Attempts of an open loop under way at once. */
  readonly maxInFlight: number;
  /** Attempts of one run. */
  readonly mostAttempts: number;
  /** Pause before a connection of a closed loop that broke is tried again. */
  readonly reconnectMs: number;
  /** Whether anything listens at all is known by then. */
  readonly connectMs: number;
  /** Past these the generator is the bottleneck. */
  readonly own: OwnBounds;
}

/** The bounds of a load, unless a test needs others; docs/limits lists them. */
export const loadBounds: LoadBounds = {
  patienceMs: 5_000,
  maxInFlight: 4_096,
  mostAttempts: 2_000_000,
  reconnectMs: 100,
  connectMs: 2_000,
  own: { lagP99Ms: 50, coreShare: 0.9 },
};

export interface LoadRun {
  readonly order: LoadOrder;
  readonly elapsedMs: number;
  /** What was to be sent; what was, where nothing else was asked for. */
  readonly offered: number;
  readonly figures: LoadFigures;
  readonly own: OwnFigures;
  readonly limits: readonly HeldLimit[];
  readonly verdict: LoadVerdict;
}

export type LoadOutcome =
  | { readonly kind: "loaded"; readonly run: LoadRun }
  /** Nothing listens there, and nothing was sent. `detail` is for a person. */
  | { readonly kind: "unreachable"; readonly detail: string };

/** An open loop's first send comes so long after its schedule is made. */
const leadMs = 50;
/** Past the patience of the last client nobody is waited for. */
const graceMarginMs = 500;
/** How often a generator that has no schedule to be late for looks how late it wakes. */
const wakeEveryMs = 10;
const sender = "load@sender.example";

/** How many attempts fall due; null: as many as are answered. */
export const plannedOf = (rate: number | null, lengthMs: number): number | null =>
  rate === null ? null : Math.floor((rate * lengthMs) / 1_000);

/** Loads, and judges what came of it. When `signal` aborts it ends at once, with the figures so far. */
export async function runLoad(
  order: LoadOrder,
  bounds: LoadBounds,
  clock: Clock,
  signal: AbortSignal,
): Promise<LoadOutcome> {
  const { host, port } = placeOf(order.way);
  const detail = await whyUnreachable(host, port, bounds.connectMs);
  if (detail !== undefined) return { kind: "unreachable", detail: `nothing answers at ${host}:${port} (${detail})` };
  const start = prepare(order, bounds, clock, signal);
  const tally = createTally(bounds.patienceMs);
  const isOpen = order.way.loop === "open";
  const begunAt = clock.now();
  using watch = watchOwn(clock, isOpen ? null : wakeEveryMs);
  await start((attempted) => {
    tally.add(attempted);
    if (isOpen && attempted.sentAt !== null) watch.late(attempted.sentAt - attempted.scheduledAt);
  });
  const elapsedMs = clock.now() - begunAt;
  const [figures, own, planned] = [tally.figures(), watch.figures(), plannedOf(order.way.rate, order.lengthMs)];
  const limits = holdLimits(order.limits, figures);
  const isCut = signal.aborted;
  const verdict = judgeLoad({ limits, figures, own, bounds: bounds.own, planned, isCut });
  const due = figures.sent + figures.unsent;
  const offered = isCut || planned === null ? due : Math.max(planned, due);
  return { kind: "loaded", run: { order, elapsedMs, offered, figures, own, limits, verdict } };
}

type Told = (attempted: Attempted<unknown>) => void;

/** Everything that takes time before the first send; what it returns resolves when the load is over. */
function prepare(
  { way, users, lengthMs, seed }: LoadOrder,
  bounds: LoadBounds,
  clock: Clock,
  signal: AbortSignal,
): (told: Told) => Promise<void> {
  if (way.loop === "closed") {
    const turns = shuffled(users, seed);
    return (told) => runClosedLoop({ ...bounds, ...way, users: turns, lengthMs, told }, clock, signal);
  }
  const { rate } = way;
  const rates =
    way.target === "auth" ? { signInPerSecond: rate, mailPerSecond: 0 } : { signInPerSecond: 0, mailPerSecond: rate };
  const schedule = planWorkload({ seed, lengthMs, ...rates, aliasShare: 0 }, users);
  return (told) => runOpenLoop(way, schedule, bounds, clock, told, signal);
}

async function runOpenLoop(
  way: LoadWay,
  schedule: readonly Planned<LoadUser>[],
  { patienceMs, maxInFlight }: LoadBounds,
  clock: Clock,
  told: Told,
  signal: AbortSignal,
): Promise<void> {
  await using client = clientOf(way, patienceMs, maxInFlight);
  const startAt = clock.now() + leadMs;
  const graceMs = patienceMs + graceMarginMs;
  const pacer = startPacer({ schedule, startAt, maxInFlight, graceMs, act: client.act, told }, clock);
  signal.addEventListener("abort", pacer.stop, { once: true });
  if (signal.aborted) pacer.stop();
  await pacer.done;
  signal.removeEventListener("abort", pacer.stop);
}

interface LoadClient extends AsyncDisposable {
  readonly act: (planned: Planned<LoadUser>) => Promise<Seen>;
}

function clientOf(way: LoadWay, patienceMs: number, connections: number): LoadClient {
  if (way.target === "auth") {
    const client = createSignInClient(way.url, patienceMs, connections);
    return {
      act: ({ user }) => client.signIn(user.address, user.password),
      [Symbol.asyncDispose]: () => client.close(),
    };
  }
  const { host, port } = way;
  return {
    act(planned) {
      if (planned.kind !== "mail") throw new Error("a mail's schedule has nothing but mail");
      const { to, headerId } = planned;
      return sendMail({ host, port }, { from: sender, to, message: composeMail(headerId, sender, to) }, patienceMs);
    },
    // Each mail is a session of its own, and ends with it.
    async [Symbol.asyncDispose]() {},
  };
}

function placeOf(way: LoadWay): { readonly host: string; readonly port: number } {
  if (way.target === "mail") return way;
  const { hostname, port, protocol } = new URL(way.url);
  // The brackets of an IPv6 address are the URL's, not the address's.
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}
