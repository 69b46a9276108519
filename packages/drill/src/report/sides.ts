/**
 * What every report says of a result as a whole, in one place: which side stands left, which one is judged, what the
 * control showed, and the command that makes the same run again.
 */
import type { DrillSpec } from "@cordon/measure";
import type { Result, Side } from "@cordon/model";
import { onClock, time } from "./format.ts";
import type { Drill, Profile } from "../drill.ts";
import { drawnVariant, handsOnSeconds, leftToTheOperator } from "../hands-on.ts";

/** The baseline first, the candidate last. */
export const sidesInOrder = (result: Result): readonly Side[] =>
  result.sides.toSorted((a, b) => Number(a.preset === result.candidate) - Number(b.preset === result.candidate));

/** The side the verdict is about; the only one where no candidate ran. */
export const judgedSide = (result: Result): Side | undefined =>
  result.sides.find(({ preset }) => preset === result.candidate) ?? result.sides[0];

/** `on, without failover`. A baseline's name says by itself what it goes without. */
export const nameOf = (side: Side): string =>
  side.preset === "on" && side.disabled.length > 0 ? `on, without ${side.disabled.join(", ")}` : side.preset;

/** What the control proves; undefined where there was nothing to compare with. */
export function controlWords({ control, baseline, sides }: Result): string | undefined {
  if (sides.length < 2) return undefined;
  const { broken, valid } = control;
  if (broken.length === 0) return `${baseline} broke no limit on harm to others: the drill proves nothing`;
  const limits = `${baseline} broke ${broken.length} limit${broken.length === 1 ? "" : "s"} on harm to others`;
  return valid ? `${limits}: the drill is valid` : `${limits}, but on a noisy host`;
}

/** What the operator of a hands-on run did, a sentence each; empty where nobody had it in hand. */
export function handsOnWords({ handsOn }: Result): readonly string[] {
  if (handsOn === undefined) return [];
  const { partition, operatorTtdMs, operatorTtiMs, orders, leaseMs, healedBy } = handsOn;
  const wrong = orders.filter(({ right }) => !right);
  const found = operatorTtdMs === null ? "was never ordered about" : `was found after ${time(operatorTtdMs)}`;
  const contained =
    healedBy === "operator"
      ? `the others were free of it after ${time(operatorTtiMs)}, by the operator`
      : `the others were not freed of it before its lease ended, after ${time(leaseMs)}`;
  return [
    `${partition} had failed: it ${found}; ${contained}`,
    ...(wrong.length === 0
      ? []
      : [
          `wrong orders: ${wrong.map(({ atMs, order, partition: about }) => `${order} ${about} at ${onClock(atMs)} s`).join(", ")}`,
        ]),
  ];
}

/** Numbers of the profile that a result remembers, and that `--set` changes. */
const settable = [
  "partitions",
  "roleInstances",
  "users",
  "signInPerSecond",
  "mailPerSecond",
  "faultSeconds",
  "warmSeconds",
  "steadySeconds",
  "recoverySeconds",
] as const satisfies readonly (keyof Profile)[];

/**
 * The command line that runs it again, with the same seed; `call` are the words `cordon` is called by. `spec`: what was
 * promised of it, which says of a run without a side whether a person had it in hand.
 */
export function reproduceCommand(drill: Drill, result: Result, spec: Pick<DrillSpec, "handsOn">, call: string): string {
  const sides = sidesInOrder(result).map(({ preset }) => preset);
  const handsOn = spec.handsOn !== undefined || result.handsOn !== undefined;
  const without = judgedSide(result)?.preset === "on" ? (judgedSide(result)?.disabled ?? []) : [];
  // What every hands-on run is without, and how long its fault stands, goes without saying.
  const off = handsOn ? without.filter((id) => !leftToTheOperator.some((own) => own === id)) : without;
  const profile = { ...drill.profiles[result.profile], ...(handsOn ? handsOnSeconds : {}) };
  return [
    `${call} drill ${result.drill}`,
    result.variant === drawnVariant ? "" : `--variant ${result.variant}`,
    `--profile ${result.profile}`,
    handsOn ? "--hands-on" : "",
    handsOn || sides.length === 0 || sides.join() === "off,on" ? "" : `--sides ${sides.join()}`,
    off.length === 0 ? "" : `--off ${off.join()}`,
    ...settable.map((key) =>
      (result.config[key] ?? profile[key]) === profile[key] ? "" : `--set ${key}=${result.config[key]}`,
    ),
    result.store === "lmdb" ? "" : `--store ${result.store}`,
    `--seed ${result.seed}`,
  ]
    .filter((word) => word !== "")
    .join(" ");
}
