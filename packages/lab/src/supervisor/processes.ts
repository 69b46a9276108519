/**
 * The processes of a lab, kept alive on every side: started, watched, adopted, and started again when they end, with the
 * configuration they had and on the ports they had, so that whoever speaks to them need not be told. It kills nobody of
 * its own accord; fencing and failover say whom.
 * A restarted supervisor adopts what lives: the newest process of that name in the journal, or one that carries the run's
 * mark and name, if its (pid, start time) still holds. Of an adopted process the end is seen by looking, not by its
 * parent's right to be told.
 * One that was dismissed is forgotten with its ports when it is dead: a lab that lives for weeks keeps only what it needs.
 */
import type { ChildProcess } from "node:child_process";
import type { Clock, Instant } from "@cordon/model";
import { isAlive, kill, type Events, type Log } from "@cordon/runtime";
import type { Journal, NamedProcess } from "../journal.ts";
import type { LabPlan } from "../plan.ts";
import { spawnProcess } from "../spawn.ts";
import { findLiving } from "./find-living.ts";
import { never, stepLife, unborn, type Life, type Ports } from "./life.ts";
import type { Hello, Link } from "./link-server.ts";
import type { Spares } from "./spares.ts";
import { about, orderOf, type Spec } from "./spec.ts";
import type { Memory } from "./state.ts";

/** A kept process, as it stands. */
export interface Kept {
  readonly spec: Spec;
  readonly life: Life;
  readonly link: Link | undefined;
  /** When it last beat; while it has not said hello yet, it cannot be silent. */
  readonly heardAt: Instant | undefined;
}

export interface ProcessListener {
  /** Something changed that somebody may wait for: a process serves, or has ended. */
  changed(): void;
  /** A process refused its configuration, or ended again and again before it ever served. It is still tried unless it refused. */
  hopeless(name: string): void;
}

export interface ProcessParts {
  readonly plan: LabPlan;
  readonly journal: Journal;
  readonly memory: Memory;
  readonly events: Events;
  readonly clock: Clock;
  readonly log: Log;
  /** Writes the configuration `spec` starts from; `ports` are those it had. */
  readonly writeConfig: (spec: Spec, ports: Ports) => void;
  readonly listener: ProcessListener;
  /** Processes that stand ready to be one; taken before one is started from nothing. */
  readonly spares: Pick<Spares, "take">;
}

export interface Processes {
  /** Keeps a process from now on: adopts or starts it. Nothing when it is kept already. */
  keep(spec: Spec): void;
  /** Adopts a process that is to be ended, if it lives; it is never started. */
  adopt(spec: Spec): void;
  /** Never starts it again, kills it if it lives, and forgets it once it is dead. `why` is for people. */
  dismiss(name: string, why: string): void;
  /** Kills it; it is started again. */
  kill(name: string): void;
  get(name: string): Kept | undefined;
  all(): readonly Kept[];
  /** Where it serves now; undefined while it does not. */
  ports(name: string): Ports | undefined;
  /** Whether it is a kept process, and the living one of that name, that says hello. */
  speaksFor(hello: Hello): boolean;
  /** From now on `link` is the process's own; one it had before is closed. */
  linked(link: Link): void;
  unlinked(link: Link): void;
  heard(name: string): void;
  ready(name: string, ports: Ports): void;
  /** Looks for ends nobody told of, and starts what is due. */
  look(): void;
  /** Watches no more. The processes live on. */
  close(): void;
}

interface Entry {
  readonly spec: Spec;
  life: Life;
  link: Link | undefined;
  heardAt: Instant | undefined;
  isKept: boolean;
  /** To be forgotten at its end. */
  isDismissed: boolean;
  child: ChildProcess | undefined;
  /** Why it was dismissed or killed, for the event of its end. */
  why: string | undefined;
}

/** A process that says this refuses its configuration (runtime's `runProcess`). */
const refusalExitCode = 2;
/** Deaths in a row after which a process is no longer put on its old ports: somebody else may have them. */
const deathsBeforeNewPorts = 3;
/** Deaths in a row, with no life between them, after which a process that never served is not expected to. */
const hopelessDeaths = 4;

export function createProcesses(parts: ProcessParts): Processes {
  const { plan, memory, clock, events, listener } = parts;
  const entries = new Map<string, Entry>();
  let closed = false;

  const started = (entry: Entry, process: NamedProcess): void => {
    entry.life = stepLife(entry.life, { type: "started", process }, plan.bounds, clock.now());
    entry.heardAt = undefined;
  };

  const ended = (entry: Entry, how: string, code: number | null): void => {
    if (closed || entry.life.state === "absent") return;
    const { pid } = entry.life.process;
    if (code === refusalExitCode && entry.life.state === "starting") entry.isKept = false;
    entry.life = stepLife(entry.life, { type: "ended", isKept: entry.isKept }, plan.bounds, clock.now());
    entry.child = undefined;
    entry.link?.close();
    entry.link = undefined;
    const why = entry.why === undefined ? "" : `: ${entry.why}`;
    entry.why = undefined;
    events.emit("process-exited", `${entry.spec.name} (pid ${pid}) ended, ${how}${why}`, about(entry.spec));
    const isHopeless = memory.get().ports[entry.spec.name] === undefined && entry.life.deaths >= hopelessDeaths;
    if (isHopeless || code === refusalExitCode) listener.hopeless(entry.spec.name);
    listener.changed();
    if (entry.isDismissed) forget(entry);
    else begin(entry);
  };

  const forget = ({ spec: { name } }: Entry): void => {
    entries.delete(name);
    const { [name]: _, ...ports } = memory.get().ports;
    memory.set({ ports });
  };

  const begin = (entry: Entry): void => {
    if (closed || entry.life.state !== "absent" || entry.life.at > clock.now()) return;
    const { spec } = entry;
    const mayMove = spec.role === "directory" && entry.life.deaths >= deathsBeforeNewPorts;
    parts.writeConfig(spec, mayMove ? {} : (memory.get().ports[spec.name]?.ports ?? {}));
    const spawned = parts.spares.take(spec) ?? spawnProcess(orderOf(plan, spec), parts.journal);
    if (spawned === undefined) {
      parts.log.error({ process: spec.name }, "the system refused to start a process");
      entry.life = stepLife(entry.life, { type: "ended", isKept: true }, plan.bounds, clock.now());
      return;
    }
    started(entry, spawned.process);
    entry.child = spawned.child;
    spawned.child.once("exit", (code, signal) => {
      if (entry.child === spawned.child) ended(entry, code === null ? `by ${signal}` : `exit code ${code}`, code);
    });
    events.emit("process-started", `${spec.name} started as pid ${spawned.process.pid}`, about(spec));
  };

  const adopt = (entry: Entry): void => {
    const { name } = entry.spec;
    const living = findLiving(plan, name);
    const known = memory.get().ports[name];
    if (living === undefined) {
      if (known !== undefined)
        events.emit("process-exited", `${name} (pid ${known.pid}) ended while no supervisor looked`, about(entry.spec));
      return;
    }
    // Found by its mark alone, it is in no journal yet; twice in it is as good as once.
    parts.journal.spawned(living);
    started(entry, living);
    // It may have been silent for long because nobody listened: its silence counts from now.
    entry.heardAt = clock.now();
    if (known?.pid === living.pid)
      entry.life = stepLife(entry.life, { type: "ready", ports: known.ports }, plan.bounds, clock.now());
    parts.log.info({ process: name, pid: living.pid }, "adopted");
  };

  const enter = (spec: Spec, isKept: boolean): Entry => {
    const life: Life = isKept ? unborn : never;
    const quiet = { link: undefined, heardAt: undefined, child: undefined, why: undefined };
    const entry: Entry = { spec, life, ...quiet, isKept, isDismissed: false };
    entries.set(spec.name, entry);
    return entry;
  };

  const livingEntry = (name: string): Entry | undefined => {
    const entry = entries.get(name);
    return entry === undefined || entry.life.state === "absent" ? undefined : entry;
  };

  return {
    keep(spec) {
      if (entries.has(spec.name)) return;
      const entry = enter(spec, true);
      adopt(entry);
      begin(entry);
    },
    adopt(spec) {
      if (!entries.has(spec.name)) adopt(enter(spec, false));
    },
    dismiss(name, why) {
      const entry = entries.get(name);
      if (entry === undefined) return;
      entry.isKept = false;
      entry.isDismissed = true;
      entry.why = why;
      if (entry.life.state === "absent") forget(entry);
      else kill(entry.life.process);
    },
    kill(name) {
      const entry = livingEntry(name);
      if (entry !== undefined && entry.life.state !== "absent") kill(entry.life.process);
    },
    get: (name) => entries.get(name),
    all: () => [...entries.values()],
    ports(name) {
      const life = entries.get(name)?.life;
      return life?.state === "serving" ? life.ports : undefined;
    },
    speaksFor(hello) {
      const life = entries.get(hello.name)?.life ?? unborn;
      return life.state !== "absent" && life.process.pid === hello.pid && life.process.startTicks === hello.startTicks;
    },
    linked(link) {
      const entry = entries.get(link.hello.name);
      if (entry === undefined) return;
      entry.link?.close();
      entry.link = link;
      entry.heardAt = clock.now();
    },
    unlinked(link) {
      const entry = entries.get(link.hello.name);
      if (entry?.link === link) entry.link = undefined;
    },
    heard(name) {
      const entry = entries.get(name);
      if (entry !== undefined) entry.heardAt = clock.now();
    },
    ready(name, ports) {
      const entry = livingEntry(name);
      if (entry === undefined || entry.life.state === "absent") return;
      const { pid } = entry.life.process;
      const isNew = entry.life.state === "starting";
      entry.life = stepLife(entry.life, { type: "ready", ports }, plan.bounds, clock.now());
      memory.set({ ports: { ...memory.get().ports, [name]: { pid, ports: { ...ports } } } });
      if (isNew) events.emit("process-ready", `${name} serves (pid ${pid})`, about(entry.spec));
      listener.changed();
    },
    look() {
      for (const entry of entries.values()) {
        if (entry.life.state === "absent") begin(entry);
        // A child's end is told with its code; only of an adopted one must it be looked for.
        else if (entry.child === undefined && !isAlive(entry.life.process)) ended(entry, "how is not known", null);
      }
    },
    close() {
      closed = true;
      for (const { child } of entries.values()) child?.unref();
    },
  };
}
