/**
 * The faults of a running lab: which there are, adding some, taking some away. What a target means is decided here: a
 * partition stands for the role instances that serve it now, so after a failover it means the new ones.
 */
import { createFaultClient, type FaultClient } from "@cordon/fault";
import { freezesOf, membersOf, orderFreeze, orderThaw, type LabFile, type NamedProcess } from "@cordon/lab";
import { partitionOfInstance, type Toxic, type ToxicType } from "@cordon/model";
import { kill, systemClock } from "@cordon/runtime";
import { Refusal } from "./exit.ts";
import { addToEach, removeToxic, valueOf } from "./toxics.ts";
import { unknownWord } from "./words.ts";

export interface AddOrder {
  /** A role instance, a partition, or the name of a process. */
  readonly target: string;
  readonly kind: ToxicType | "freeze" | "kill";
  readonly attributes: Readonly<Record<string, number>>;
  readonly leaseMs: number;
  readonly toxicity: number;
  readonly stream: Toxic["stream"];
  /** Of the toxic; undefined: KIND_STREAM, as the proxies would name it. */
  readonly name: string | undefined;
}

/** One fault on one proxy or process, as `--json` prints it (docs/schema). */
export interface StandingFault {
  readonly target: string;
  readonly kind: AddOrder["kind"];
  readonly name: string;
  /** Null: it stays until it is taken away, or it is over already. */
  readonly leaseLeftMs: number | null;
  /** Present: on the way to a role instance that a failover has replaced, so that it hurts nobody any more. */
  readonly replaced?: true;
  readonly stream?: Toxic["stream"];
  readonly toxicity?: number;
  readonly attributes?: Readonly<Record<string, number>>;
}

const callMs = 2_000;
/** Who undoes every fault is nobody's target. */
const untouchable = /^(guardian|freeze-.*)$/;

/** Adds a fault to each part of the target. Throws a Refusal; then none of them stands but those that the message names. */
export async function addFaults(lab: LabFile, order: AddOrder): Promise<readonly StandingFault[]> {
  if (order.kind === "freeze") return freezeAll(lab, processesOf(lab, order.target), order.leaseMs);
  if (order.kind === "kill") return processesOf(lab, order.target).map(killOne);
  return addToxics(lab, order, order.kind);
}

/** Every fault of the lab, by target and name. Throws a Refusal when the fault proxies do not answer. */
export async function faultsOf(lab: LabFile): Promise<readonly StandingFault[]> {
  const now = systemClock.wall();
  const proxies = valueOf(await clientOf(lab).proxies());
  const { retired } = membersOf(lab);
  const toxics = Object.values(proxies).flatMap(({ name: target, toxics: on }) =>
    on.map(({ type, name, stream, toxicity, attributes, leaseLeftMs }): StandingFault => {
      const about = { stream, toxicity, attributes, ...(retired.includes(target) && { replaced: true as const }) };
      return { target, kind: type, name, leaseLeftMs: leaseLeftMs ?? null, ...about };
    }),
  );
  const freezes = freezesOf(lab).map(({ target, until }): StandingFault => {
    return { target: target.name, kind: "freeze", name: "freeze", leaseLeftMs: Math.max(0, Math.round(until - now)) };
  });
  return [...toxics, ...freezes].toSorted((a, b) => compare(a.target, b.target) || compare(a.name, b.name));
}

/** Takes away the faults on `target`, or of them those that `word` names. Throws a Refusal when there is no such target. */
export async function removeFaults(
  lab: LabFile,
  target: string,
  word: string | undefined,
): Promise<readonly StandingFault[]> {
  const standing = await faultsOf(lab);
  const known = [...new Set([...standing.map((fault) => fault.target), ...targetsOf(lab), ...membersOf(lab).retired])];
  if (target !== "all" && !known.includes(target)) throw unknownWord("target", target, known, ["all"]);
  // Old role instances too: after a failover their proxies still stand, and what is on them.
  const on = standing.filter(
    (one) => target === "all" || one.target === target || partitionOfInstance(one.target) === target,
  );
  const meant = on.filter(({ name, kind }) => word === undefined || word === name || word === kind);
  if (word !== undefined && meant.length === 0)
    throw unknownWord(`fault on ${target}`, word, [...new Set(on.map(({ name }) => name))]);
  const client = clientOf(lab);
  for (const fault of meant) {
    if (fault.kind === "freeze") await orderThaw(lab, fault.target);
    else await removeToxic(client, fault.target, fault.name);
  }
  return meant;
}

async function addToxics(lab: LabFile, order: AddOrder, type: ToxicType): Promise<readonly StandingFault[]> {
  const { attributes, leaseMs, toxicity, stream, name = `${type}_${stream}` } = order;
  const toxic = { type, attributes, leaseMs, toxicity, stream, name };
  const added = await addToEach(clientOf(lab), proxiesOf(lab, order.target), toxic);
  return added.map(({ target, toxic: made }): StandingFault => {
    return { target, kind: type, name: made.name, leaseLeftMs: leaseMs, stream, toxicity, attributes: made.attributes };
  });
}

async function freezeAll(
  lab: LabFile,
  targets: readonly NamedProcess[],
  leaseMs: number,
): Promise<readonly StandingFault[]> {
  const frozen: StandingFault[] = [];
  for (const target of targets) {
    const answer = await orderFreeze(lab, target, leaseMs, systemClock.wall());
    if (answer.kind === "refused") {
      for (const { target: name } of frozen) await orderThaw(lab, name);
      throw new Refusal(answer.detail, { code: 1, word: "not frozen" });
    }
    frozen.push({ target: target.name, kind: "freeze", name: "freeze", leaseLeftMs: leaseMs });
  }
  return frozen;
}

function killOne(process: NamedProcess): StandingFault {
  const answer = kill(process);
  if (answer.kind === "unsupported") throw new Refusal(answer.detail, { code: 1, word: "not killed" });
  return { target: process.name, kind: "kill", name: "kill", leaseLeftMs: null };
}

/** The proxies a target means. */
function proxiesOf(lab: LabFile, target: string): readonly string[] {
  const { instances } = membersOf(lab);
  const meant = instances.filter(({ id, partition }) => id === target || partition === target).map(({ id }) => id);
  if (meant.length > 0) return meant;
  throw unknownWord("role instance or partition", target, [...lab.partitions, ...instances.map(({ id }) => id)]);
}

/** The processes a target means. */
function processesOf(lab: LabFile, target: string): readonly NamedProcess[] {
  const { instances, processes } = membersOf(lab);
  const ids = new Set(instances.filter(({ partition }) => partition === target).map(({ id }) => id));
  const meant = processes.filter(({ name }) => !untouchable.test(name) && (name === target || ids.has(name)));
  if (meant.length > 0) return meant;
  throw unknownWord("process or partition", target, targetsOf(lab));
}

const targetsOf = (lab: LabFile): readonly string[] => [
  ...lab.partitions,
  ...membersOf(lab)
    .processes.map(({ name }) => name)
    .filter((name) => !untouchable.test(name))
    .toSorted(compare),
];

const clientOf = (lab: LabFile): FaultClient => createFaultClient(lab.urls.fault, callMs);

const compare = (a: string, b: string): number => a.localeCompare(b, "en");
