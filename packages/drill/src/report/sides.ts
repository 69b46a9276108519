/**
 * What every report says of a result as a whole, in one place: which side stands left, which one is judged, what the
 * control showed, and the command that makes the same run again.
 */
import type { Result, Side } from "@cordon/model";
import type { Drill, Profile } from "../drill.ts";

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

/** The command line that runs it again, with the same seed; `call` are the words `cordon` is called by. */
export function reproduceCommand(drill: Drill, result: Result, call: string): string {
  const sides = sidesInOrder(result).map(({ preset }) => preset);
  const off = judgedSide(result)?.preset === "on" ? (judgedSide(result)?.disabled ?? []) : [];
  const profile = drill.profiles[result.profile];
  return [
    `${call} drill ${result.drill} --variant ${result.variant} --profile ${result.profile}`,
    sides.length === 0 || sides.join() === "off,on" ? "" : `--sides ${sides.join()}`,
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
