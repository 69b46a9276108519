/**
 * The caller's judgement of role instances and partitions, from what it sees itself: calls in flight and their age,
 * outcomes, canaries. It feeds the machines of policy (evidence, ejection, isolation, host), does what they decide, and
 * says so in events and to the supervisor. In June 2014 the role answered its health check while its users hung; here
 * only users' calls and look-ups that go the users' way are asked.
 * It looks when something ended badly, and on a tick while calls are in flight or something is not green: a silent
 * partition is noticed by how old its calls are, and not by when they end.
 * A role instance whose look-ups fail is red for verify too, unless verify answered since: a process that has stopped
 * need not hang two sign-ins first. Invariants: an operator's word stands above all evidence; with ejection and
 * isolation both off nothing is judged and nothing is said, as nobody would act on it.
 */
import type { Clock, Colour, GuardSettings, Instant } from "@cordon/model";
import {
  colourOf,
  forgive,
  noteCall,
  stepEjection,
  type CallOutcome,
  type Ejections,
  type Judgement,
} from "@cordon/policy";
import type { Events, SupervisorLink } from "@cordon/runtime";
import { isGreen, isQuiet, type Gate, type Path, type RoleInstance, type RoutedPartition } from "./gate.ts";
import { createHost } from "./host.ts";
import type { Standings } from "./standing.ts";

/** A call that was begun; handed back when it ends. */
export interface CallNote {
  readonly id: number;
  readonly beganAt: Instant;
  readonly stalledMs: number;
}

export interface Judge {
  /** The caller asks for the operation for the first time: from now on it is judged. */
  use(at: RoutedPartition, gate: Gate): void;
  began(gate: Gate, path: Path, now: Instant): CallNote;
  ended(
    at: RoutedPartition,
    instance: RoleInstance,
    gate: Gate,
    call: CallNote,
    outcome: CallOutcome,
    now: Instant,
  ): void;
  canaryEnded(at: RoutedPartition, instance: RoleInstance, call: CallNote, outcome: CallOutcome, now: Instant): void;
  /** Judges the partition now. */
  look(at: RoutedPartition): void;
  /** Everything is late just now: whoever is, is not to blame for it. */
  isHostSlow(): boolean;
  close(): void;
}

export interface JudgeOptions {
  readonly settings: GuardSettings;
  readonly clock: Clock;
  readonly events: Events;
  readonly link: Pick<SupervisorLink, "judge">;
  readonly partitions: () => Iterable<RoutedPartition>;
  readonly standings: Standings;
  /** The role instance is out: what is in flight with it is better asked elsewhere. */
  readonly onEjected: (path: Path) => void;
}

const tickMs = 50;
/** While something is not green every good end is worth a look, as it may be the one that ends that: but not thousands a second. */
const goodNewsEveryMs = 1;
const tellEveryMs = 1000;

export function createJudge(options: JudgeOptions): Judge {
  const { settings, clock, events, link, standings } = options;
  const { evidence } = settings;
  const judging = settings.ejection !== "off" || settings.isolation !== "off";
  const host = createHost({ evidence, clock, events, beatEveryMs: tickMs, partitions: options.partitions });
  let nextId = 1;

  const tick = setInterval(() => {
    const now = clock.now();
    host.beat(now);
    if (!judging) return;
    host.look(options.partitions(), now); // before any colour: nobody is blamed for what the host does to all
    for (const at of options.partitions()) if (!isQuiet(at)) lookAt(at, now);
  }, tickMs);

  function lookAt(at: RoutedPartition, now: Instant): void {
    if (!judging) return;
    at.lookedAt = now;
    host.look([at], now);
    judgeGate(at.gates.lookup, now);
    if (at.gates.verify.inUse) judgeGate(at.gates.verify, now);
  }

  function judgeGate(gate: Gate, now: Instant): void {
    if (gate.instances.length === 0) return;
    const context = { ownStallMs: host.ownStallMs(now), hostSlow: host.judgement.hostSlow };
    const colours = new Map<string, Colour>();
    const reasons: string[] = [];
    for (const instance of gate.instances) {
      const path = instance.paths[gate.operation];
      const own = colourOf(path.evidence, evidence, now, context);
      const inherited = own.colour !== "red" && gate.operation === "verify" && inheritsRed(instance);
      const colour = inherited ? "red" : own.colour;
      if (inherited) gate.heardAt = now;
      colours.set(instance.id, colour);
      if (colour === "red") reasons.push(`${instance.id} ${inherited ? "fails its look-ups" : reasonOf(own)}`);
      colourPath(gate, path, colour, reasons.at(-1) ?? "");
    }
    colourGate(gate, colours, reasons, now);
    if (settings.ejection !== "off") eject(gate, colours, now);
    const { hostSlow, suspectsItself } = host.judgement;
    const mayIsolate = !hostSlow && !suspectsItself;
    standings.judged(gate, { type: "judged", colours: [...colours.values()], mayIsolate }, now, reasons.join("; "));
    tell(gate, now);
  }

  /** Look-ups fail there, and no verify was answered that began clearly after the last look-up that was. */
  function inheritsRed({ paths }: RoleInstance): boolean {
    const { lookup, verify } = paths;
    const marginMs = evidence.canaryEveryMs + evidence.overdueMs.lookup;
    return (
      lookup.evidence.standing.kind === "red" && verify.evidence.lifeBeganAt <= lookup.evidence.lifeBeganAt + marginMs
    );
  }

  function colourPath(gate: Gate, path: Path, colour: Colour, reason: string): void {
    path.colour = colour;
    const about = { partition: gate.partition, instance: path.instance, operation: gate.operation };
    if (colour === "red" && !path.saidRed) {
      path.saidRed = true;
      events.emit("instance-red", `${gate.operation}: ${reason}`, about);
    } else if (colour === "green" && path.saidRed) {
      path.saidRed = false;
      events.emit("instance-green", `${gate.operation}: ${path.instance} answers again`, about);
    }
  }

  function colourGate(
    gate: Gate,
    colours: ReadonlyMap<string, Colour>,
    reasons: readonly string[],
    now: Instant,
  ): void {
    const all = [...colours.values()];
    const before = gate.colour;
    gate.colour = reasons.length === all.length ? "red" : all.every((one) => one === "green") ? "green" : "yellow";
    if (gate.colour !== before) host.judge(now);
    const about = { partition: gate.partition, operation: gate.operation };
    if (gate.colour === "red" && !gate.saidRed && !host.judgement.suspectsItself) {
      gate.saidRed = true;
      events.emit("partition-red", `${gate.operation}: ${reasons.join("; ")}`, about);
    } else if (gate.colour === "green" && gate.saidRed) {
      gate.saidRed = false;
      events.emit("partition-green", `${gate.operation}: every role instance answers again`, about);
    }
  }

  function eject(gate: Gate, colours: ReadonlyMap<string, Colour>, now: Instant): void {
    if (settings.ejection === "off" || (gate.ejections.size === 0 && gate.colour === "green")) return;
    const before = gate.ejections;
    const { ejections, ejected, readmitted } = stepEjection(before, settings.ejection, colours, now);
    gate.ejections = ejections;
    for (const instance of gate.instances) {
      const path = instance.paths[gate.operation];
      const about = { partition: gate.partition, instance: instance.id, operation: gate.operation };
      if (ejected.includes(instance.id)) {
        events.emit("instance-ejected", `${gate.operation}: ${instance.id} is out, its siblings serve`, about);
        options.onEjected(path);
      }
      if (readmitted.includes(instance.id)) {
        if (mayForgive(gate, before, instance, now)) forgive(path.evidence, now);
        events.emit("instance-readmitted", `${gate.operation}: ${instance.id} is in again`, about);
      }
    }
  }

  /** On a change at once, and every second while there is something to say. */
  function tell(gate: Gate, now: Instant): void {
    const isStale = now - gate.heardAt > evidence.windowMs;
    const colour = gate.colour === "red" && isStale ? "yellow" : gate.colour;
    const { suspectsItself } = host.judgement;
    const { told } = gate;
    const changed = (told?.colour ?? "green") !== colour || (told?.suspectsItself ?? false) !== suspectsItself;
    const due = colour !== "green" && told !== undefined && now - told.at >= tellEveryMs;
    if (!changed && !due) return;
    gate.told = { colour, suspectsItself, at: now };
    link.judge({ partition: gate.partition, operation: gate.operation, colour, suspectsItself });
  }

  const note: Judge["ended"] = (at, instance, gate, call, outcome, now) => {
    gate.heardAt = now;
    noteCall(
      instance.paths[gate.operation].evidence,
      evidence,
      {
        type: "ended",
        id: call.id,
        outcome,
        tookMs: now - call.beganAt,
        ownStallMs: host.stalledMs(now) - call.stalledMs,
      },
      now,
    );
    // What ended well while all is green changes nothing that the tick would not see soon enough.
    const bad = outcome === "miss" || outcome === "broken";
    if (bad || (!isGreen(at) && now - at.lookedAt >= goodNewsEveryMs)) lookAt(at, now);
  };

  return {
    use(at, gate) {
      gate.inUse = true;
      lookAt(at, clock.now());
    },
    began(gate, path, now) {
      gate.heardAt = now;
      const call = { id: nextId++, beganAt: now, stalledMs: host.stalledMs(now) };
      noteCall(path.evidence, evidence, { type: "started", id: call.id }, now);
      return call;
    },
    ended: note,
    canaryEnded(at, instance, call, outcome, now) {
      const answered = outcome === "ok" || outcome === "busy";
      instance.paths.lookup.canaryAnswered = answered;
      note(at, instance, at.gates.lookup, call, outcome, now);
      if (outcome !== "cancelled") standings.canaryEnded(at, instance, answered, now);
    },
    look: (at) => lookAt(at, clock.now()),
    isHostSlow: () => host.judgement.hostSlow,
    close: () => clearInterval(tick),
  };
}

/**
 * Whoever has been out for its time is tried again as if nothing had been; not while its canaries fail, as then the next
 * look puts it out again for longer; and not when it is let in only because its siblings turned red too.
 */
function mayForgive(gate: Gate, before: Ejections, instance: RoleInstance, now: Instant): boolean {
  const standing = before.get(instance.id);
  const servedItsTime = standing?.state === "out" && standing.until <= now;
  return servedItsTime && gate.isolation.state === "joined" && instance.paths.lookup.canaryAnswered;
}

const reasonOf = (judgement: Judgement): string =>
  `${judgement.overdue} overdue, ${judgement.misses} missed in a row, ` +
  `${Math.round(judgement.badShare * 100)} % of ${judgement.samples} failed`;
