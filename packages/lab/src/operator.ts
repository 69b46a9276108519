/**
 * The operator's hand from another process: it finds the lab and gives control the order, which control keeps; auth, mail
 * and the supervisor hear it from there. That it was kept is all the answer says.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { OperatorOrder } from "@cordon/model";
import { createControlClient } from "@cordon/control-client";
import { stateOf, systemClock } from "@cordon/runtime";
import { newestOf, readJournal } from "./journal.ts";
import { livingLabs, readLivingLab, type LabFile } from "./lab-file.ts";
import { journalFile, mapPublicKeyFile, populationFile } from "./paths.ts";

export type OrderResult =
  | { readonly kind: "ordered"; readonly lab: LabFile; readonly revision: number }
  /** For a person: what is wrong and what to do. */
  | { readonly kind: "no-lab"; readonly detail: string }
  | { readonly kind: "no-partition"; readonly detail: string }
  | { readonly kind: "unavailable"; readonly detail: string };

export interface LabChoice {
  /** The lab's folder; undefined: the newest living lab under `root`. */
  readonly lab: string | undefined;
  readonly root: string;
}

export interface OrderOptions extends LabChoice {
  readonly timeoutMs: number;
}

/** The lab that a command means; undefined when none such runs. One that has no users yet is meant by nobody who can mean another. */
export function findLab({ lab, root }: LabChoice): LabFile | undefined {
  if (lab !== undefined) return readLivingLab(lab);
  const living = livingLabs(root);
  return living.find(({ dir }) => existsSync(populationFile(dir))) ?? living[0];
}

/** Gives the order. Durable in control when it is `ordered`. */
export async function giveOrder(order: OperatorOrder, options: OrderOptions): Promise<OrderResult> {
  const lab = findLab(options);
  if (lab === undefined) return { kind: "no-lab", detail: noLab(options) };
  if (!lab.partitions.includes(order.partition)) {
    return {
      kind: "no-partition",
      detail: `${order.partition} is not a partition of this lab; it has ${lab.partitions.join(", ")}`,
    };
  }
  const keys = keysOf(lab);
  if (keys === undefined) return { kind: "no-lab", detail: noLab({ ...options, lab: lab.dir }) };
  const client = createControlClient(
    {
      url: lab.urls.control,
      ...keys,
      // Orders need no map; nothing is written there.
      mapFile: join(lab.dir, "operator-map.json"),
    },
    systemClock,
    Math.random,
  );
  try {
    const answer = await client.order(order, options.timeoutMs);
    if (answer.kind === "ordered") return { kind: "ordered", lab, revision: answer.state.revision };
    return { kind: "unavailable", detail: `${answer.detail}; ${whatToDo(lab)}` };
  } finally {
    client.close();
  }
}

/** What control is spoken to with; undefined where it is gone, as in a folder that was cleared by hand. */
function keysOf({ dir, tokenFile }: LabFile): { readonly token: string; readonly mapKey: string } | undefined {
  try {
    return { token: readFileSync(tokenFile, "utf8").trim(), mapKey: readFileSync(mapPublicKeyFile(dir), "utf8") };
  } catch {
    return undefined;
  }
}

/** After an order without an answer. It may have been kept all the same, and giving it again is as good as once. */
function whatToDo({ dir }: LabFile): string {
  const control = newestOf(readJournal(journalFile(dir))?.spawned ?? []).find(({ name }) => name === "control");
  const again = "give the order again, which does no harm if it was kept";
  return control !== undefined && stateOf(control) === "frozen"
    ? `control is stopped: end it (kill -9 ${control.pid}), another takes its place; then ${again}`
    : again;
}

/** Why there is no such lab and what to do, for a person. */
export const noLab = ({ lab, root }: LabChoice): string =>
  lab === undefined
    ? `no lab is running under ${root}; start one: cordon up`
    : `${lab} is not the folder of a running lab; leave --lab out to take the newest one`;
