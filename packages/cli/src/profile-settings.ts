/**
 * `--set key=value`: a number of the profile, changed by hand. Each key has bounds, so that a slip is refused with what
 * would have been right instead of starting a thousand processes, or a drill whose failed partition is not there.
 */
import type { Drill, Profile } from "@cordon/drill";
import { leastUsers } from "@cordon/lab";
import { endings, Refusal } from "./exit.ts";
import { unknownWord } from "./words.ts";

type Setting = Exclude<keyof Profile, "name">;

interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

const perSecond: Bounds = { least: 1, most: 10_000, whole: false };
const seconds: Bounds = { least: 1, most: 3_600, whole: false };

/** `drill` and `variant` say what must be there to fail: its partition, and a sibling where one role instance fails. */
const boundsOf = (drill: Drill, variant: Drill["variants"][number]): Readonly<Record<Setting, Bounds>> => ({
  partitions: { least: Number(drill.failedPartition.slice(1)), most: 64, whole: true },
  roleInstances: { least: variant.failedUnit === "instance" ? 2 : 1, most: 8, whole: true },
  users: { least: 1, most: 100_000, whole: true },
  signInPerSecond: perSecond,
  mailPerSecond: perSecond,
  warmSeconds: seconds,
  steadySeconds: seconds,
  faultSeconds: seconds,
  recoverySeconds: seconds,
});

/** The profile with `sets` applied, in their order. Throws a Refusal that says which one is wrong, and what is right. */
export function applySets(
  profile: Profile,
  sets: readonly string[],
  drill: Drill,
  variant: Drill["variants"][number],
): Profile {
  const bounds = boundsOf(drill, variant);
  const changed = sets.reduce((before, text) => ({ ...before, ...settingIn(text, bounds) }), profile);
  const least = leastUsers(changed.partitions);
  if (changed.users < least)
    throw new Refusal(
      `${changed.users} users are too few for ${changed.partitions} partitions: give --set users=${least} or more`,
      endings.usage,
    );
  return changed;
}

function settingIn(text: string, bounds: Readonly<Record<Setting, Bounds>>): Partial<Profile> {
  const at = text.indexOf("=");
  const key = at < 0 ? text : text.slice(0, at);
  if (!isSetting(key, bounds)) throw unknownWord("setting", key, Object.keys(bounds));
  const { least, most, whole } = bounds[key];
  const said = at < 0 ? "" : text.slice(at + 1).trim();
  const value = Number(said);
  const fits = said !== "" && value >= least && value <= most && (!whole || Number.isInteger(value));
  if (fits) return { [key]: value };
  throw new Refusal(
    `--set ${text}: give ${key} a ${whole ? "whole " : ""}number from ${least} to ${most}`,
    endings.usage,
  );
}

const isSetting = (key: string, bounds: Readonly<Record<Setting, Bounds>>): key is Setting =>
  Object.hasOwn(bounds, key);
