/**
 * The supervisor: it starts the processes of a lab, keeps them alive, says who writes, hands out hashing seats, fences and
 * fails over; nobody else does. What it wants is written in its memory, and each round (`bringAbout`) takes the lab one
 * step nearer to it, so that it makes no difference whether a step is the first one, the repair after a crash, or the
 * continuation of what a supervisor that was killed had begun.
 * When it ends, the processes live on with what they know; the next one adopts them.
 */
import { readFileSync } from "node:fs";
import { downBeatEveryMs } from "@cordon/model";
import type { ProcessContext, RunningProcess } from "@cordon/runtime";
import { writeConfig } from "../configs.ts";
import { openJournal } from "../journal.ts";
import { journalFile, stateFile, tokenFile } from "../paths.ts";
import { partitionIds, type LabPlan } from "../plan.ts";
import { connectControl, type Control } from "./control.ts";
import { createFailovers, type Failovers } from "./failover.ts";
import { createFence } from "./fence.ts";
import { listenForLinks, type Link, type LinkListener, type Said } from "./link-server.ts";
import { createLoops, type Loops } from "./loops.ts";
import { createPartitions, type Partitions } from "./partitions.ts";
import { createProcesses, type Processes } from "./processes.ts";
import { createProxies, type Proxies } from "./proxies.ts";
import { createRounds, type Rounds } from "./rounds.ts";
import { createSeats, type Seats } from "./seats.ts";
import { sparePort } from "./spare-port.ts";
import { createSpares, type Spares } from "./spares.ts";
import { instanceSpec } from "./spec.ts";
import { recall, type Memory } from "./state.ts";
import { createStores, type Stores } from "./stores.ts";

interface Supervisor {
  readonly plan: LabPlan;
  readonly context: ProcessContext<LabPlan>;
  readonly token: string;
  readonly memory: Memory;
  readonly processes: Processes;
  readonly spares: Spares;
  readonly stores: Stores;
  readonly partitions: Partitions;
  readonly proxies: Proxies;
  readonly failovers: Failovers;
  readonly seats: Seats;
  readonly rounds: Rounds;
  readonly loops: Loops;
  /** Role instances that have confirmed that they write, with the term. */
  readonly writing: Map<string, number>;
  /** There once control serves. */
  control: Control | undefined;
}

/** Starts or takes over the lab of the plan. Throws when its link socket cannot be had. */
export async function startSupervisor(context: ProcessContext<LabPlan>): Promise<RunningProcess> {
  const supervisor = assemble(context);
  const { processes, spares, stores, failovers, rounds, seats, plan, memory } = supervisor;
  if (memory.get().authUrl === null) memory.set({ authUrl: `http://127.0.0.1:${await sparePort(context.random)}` });
  for (const id of partitionIds(plan)) takeOver(supervisor, id);
  processes.keep({ name: "control", role: "control" });
  processes.keep({ name: "fault", role: "fault" });
  stores.keep();
  const links = await listenForLinks(plan.linkSocket, listenerOf(supervisor));
  const { fence } = plan.settings;
  const timers = [
    setInterval(() => links.broadcast({ type: "beat", freeSeats: seats.free() }), downBeatEveryMs),
    setInterval(() => {
      processes.look();
      stores.look();
      failovers.tick();
      // Not before the role instances have begun: they would be the first to take one.
      if (processes.get("mail") !== undefined) spares.look();
    }, plan.bounds.tickMs),
    ...(fence === "off"
      ? []
      : [setInterval(createFence(fence, { ...context, ...plan.bounds, processes }), fence.checkEveryMs)]),
  ];
  if (memory.get().phase === "ready") context.log.info("taken over from a supervisor before");
  rounds.ask();
  return {
    ports: { link: plan.linkSocket },
    async close() {
      for (const timer of timers) clearInterval(timer);
      processes.close();
      spares.close();
      stores.close();
      seats.close();
      supervisor.control?.close();
      links.close();
      await rounds.close();
    },
  };
}

function assemble(context: ProcessContext<LabPlan>): Supervisor {
  const { config: plan, clock, events, log } = context;
  const token = readFileSync(tokenFile(plan.dir), "utf8").trim();
  const memory = recall(stateFile(plan.dir), plan);
  const changed = (): void => supervisor.rounds.ask();
  const journal = openJournal(journalFile(plan.dir));
  const spares = createSpares({ plan, journal, clock, log });
  const processes = createProcesses({
    plan,
    journal,
    spares,
    memory,
    events,
    clock,
    log,
    writeConfig: (spec, ports) =>
      writeConfig(spec, {
        plan,
        token,
        controlUrl: memory.get().ports["control"]?.ports["service"],
        authUrl: memory.get().authUrl ?? "",
        ports,
      }),
    listener: {
      changed,
      hopeless(name) {
        if (memory.get().phase === "starting") memory.set({ phase: "failed", failure: name });
      },
    },
  });
  const supervisor: Supervisor = {
    plan,
    context,
    token,
    memory,
    processes,
    spares,
    stores: createStores({ plan, token, processes, clock }),
    partitions: createPartitions({ memory, processes, events }),
    proxies: createProxies({ processes, memory, bounds: plan.bounds, log }),
    failovers: createFailovers({ plan, memory, processes, events, clock }),
    seats: createSeats(plan.settings.seats, clock),
    loops: createLoops(plan, clock, log),
    rounds: createRounds(() => bringAbout(supervisor), plan.bounds.tickMs),
    writing: new Map(),
    control: undefined,
  };
  return supervisor;
}

/** What a supervisor before this one left half done: successors nobody knows of are ended, replaced ones stay to be ended. */
function takeOver({ memory, processes }: Supervisor, partition: string): void {
  const state = memory.partition(partition);
  for (const id of [...state.successors, ...state.retiring]) processes.adopt(instanceSpec(partition, id));
  for (const id of state.successors) processes.dismiss(id, "a failover was broken off by the supervisor's end");
  memory.setPartition(partition, { ...state, successors: [] });
}

/** One round. Answers whether everything is as it shall be. */
async function bringAbout(supervisor: Supervisor): Promise<boolean> {
  const { plan, memory, processes, partitions, proxies, failovers, writing } = supervisor;
  const ids = partitionIds(plan);
  const controlUrl = processes.ports("control")?.["service"];
  if (controlUrl === undefined) return false;
  supervisor.control ??= connectControl(controlUrl, {
    ...supervisor,
    controlPid() {
      const life = processes.get("control")?.life;
      return life?.state === "serving" ? life.process.pid : undefined;
    },
    onOperator: (state) => failovers.operator(state),
    onMap: () => supervisor.rounds.ask(),
  });
  for (const id of ids) for (const name of memory.partition(id).instances) processes.keep(instanceSpec(id, name));
  processes.keep({ name: "auth", role: "auth" });
  processes.keep({ name: "mail", role: "mail" });

  const retired = await Promise.all(ids.map((id) => partitions.retire(id)));
  for (const name of writing.keys()) if (processes.get(name) === undefined) writing.delete(name);
  const appointed = ids.map((id) => partitions.appoint(id));
  const ordered = await proxies.order();
  for (const id of ids) {
    const { successors } = memory.partition(id);
    const isReady = (name: string): boolean => processes.ports(name) !== undefined && proxies.urlOf(name) !== undefined;
    if (successors.length === 0 || !successors.every(isReady)) continue;
    partitions.exchange(id, failovers.orderOf(id));
    supervisor.rounds.ask();
    return false;
  }
  const endpoints = endpointsOf(supervisor);
  const isWhole = retired.every(Boolean) && appointed.every(Boolean);
  if (!isWhole || endpoints === undefined || !(await supervisor.control.publish(endpoints))) return false;
  failovers.settled();
  if (memory.get().phase === "starting" && isComplete(supervisor)) memory.set({ phase: "ready" });
  return ordered && memory.get().phase !== "starting";
}

/** Where callers reach each partition's role instances; undefined while one has no proxy. */
function endpointsOf({ plan, memory, proxies }: Supervisor): Parameters<Control["publish"]>[0] | undefined {
  const endpoints = new Map<string, { id: string; service: string }[]>();
  for (const partition of partitionIds(plan)) {
    const instances = memory.partition(partition).instances.map((id) => ({ id, service: proxies.urlOf(id) }));
    if (!instances.every((one): one is { id: string; service: string } => one.service !== undefined)) return undefined;
    endpoints.set(partition, instances);
  }
  return endpoints;
}

/** Everything serves, and every partition's writer has said that it writes. */
const isComplete = ({ processes, plan, memory, writing }: Supervisor): boolean =>
  processes.all().every(({ life }) => life.state === "serving") &&
  partitionIds(plan).every((id) => {
    const { writer } = memory.partition(id);
    return writer !== null && writing.get(writer.instance) === writer.term;
  });

function listenerOf(supervisor: Supervisor): LinkListener {
  const { processes, partitions, seats } = supervisor;
  return {
    accept: (hello) => processes.speaksFor(hello),
    opened(link) {
      processes.linked(link);
      const { partition } = link.hello;
      const line = partition === undefined ? undefined : partitions.appointment(partition);
      if (line !== undefined) link.send(line);
      link.send({ type: "beat", freeSeats: seats.free() });
    },
    said: (link, line) => hear(supervisor, link, line),
    closed(link) {
      seats.gone(link);
      processes.unlinked(link);
    },
  };
}

function hear(supervisor: Supervisor, link: Link, line: Said): void {
  const { processes, partitions, seats, failovers, writing, rounds, loops } = supervisor;
  const { name, partition } = link.hello;
  processes.heard(name);
  switch (line.type) {
    case "ready":
      return processes.ready(name, line.ports);
    case "beat": {
      const role = processes.get(name)?.spec.role;
      return role === undefined ? undefined : loops.heard(role, line);
    }
    case "judgement":
      return failovers.judged(name, line);
    case "seat-ask":
      return seats.asked(link, line);
    case "seat-back":
      return seats.givenBack(link, line);
    case "appointed":
      if (line.writes) writing.set(name, line.term);
      else writing.delete(name);
      if (line.writes && partition !== undefined) partitions.confirmed(partition);
      return rounds.ask();
  }
}
