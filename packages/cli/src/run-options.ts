/**
 * What `drill run` and `drill repeat` were told, checked once: every word and number is right, and the result can be
 * written, before anything is started. Whatever is wrong is refused with what would have been right.
 */
import { randomBytes } from "node:crypto";
import { accessSync, constants, existsSync, mkdtempSync, rmdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { drills, handsOnSeconds, type Drill, type DrillOptions } from "@cordon/drill";
import type { Option } from "commander";
import { isPresetName, isStoreKind, presetNames, storeKinds, type PresetName } from "@cordon/lab";
import { isProtectionId, protectionIds, type ProtectionId } from "@cordon/model";
import { systemClock } from "@cordon/runtime";
import { collected } from "./collect.ts";
import { endings, Refusal } from "./exit.ts";
import { gameDayOf, handsOnRun, usualSides, type GameDayFlags } from "./game-day.ts";
import { identity } from "./identity.ts";
import { outFolder } from "./out-folder.ts";
import { applySets } from "./profile-settings.ts";
import { duration } from "./quantities.ts";
import { unknownWord } from "./words.ts";

export interface RunFlags extends GameDayFlags {
  readonly variant?: string;
  readonly profile: string;
  readonly sides: string;
  readonly off?: string;
  readonly set: readonly string[];
  readonly store: string;
  readonly seed?: string;
  readonly out?: string;
  readonly json?: boolean;
  /** A file. */
  readonly junit?: string;
  readonly dryRun?: boolean;
  readonly readyWithin?: string;
}

/** The words that may stand where a drill's id may, since `cordon drill ID` is short for `cordon drill run ID`. */
const drillCommands = ["run", "all", "repeat", "ablate", "halt", "list", "show", "resume"];

/** `--set`, as often as wanted. */
export const setOption = (): Option =>
  collected(
    "--set <key=value>",
    "change a number of the profile (see: cordon drill show ID); makes the run exploratory",
    "none",
  );

/** The options of a run. Throws a Refusal for the first thing that is wrong. */
export function optionsOf(id: string, flags: RunFlags): DrillOptions {
  const drill = findDrill(id);
  const variant = variantOf(drill, flags.variant);
  if (flags.profile !== "quick" && flags.profile !== "full")
    throw unknownWord("profile", flags.profile, ["quick", "full"]);
  const gameDay = gameDayOf(flags);
  const sides = sidesOf(flags.sides);
  const disabled = protectionsOf(flags.off);
  const sized = { ...drill.profiles[flags.profile], ...(gameDay.handsOn ? handsOnSeconds : {}) };
  const profile = applySets(sized, flags.set, drill, variant);
  if (!isStoreKind(flags.store)) throw unknownWord("store", flags.store, storeKinds);
  const seed = flags.seed ?? randomBytes(4).toString("hex");
  if (!/^[\w-]{1,40}$/.test(seed))
    throw new Refusal(`--seed ${seed}: use up to 40 letters, digits, - and _`, endings.usage);
  const out = flags.out ?? outFolder({ drill: drill.id, seed, unusual: unusualIn(flags, drill, variant.id) });
  checkWritable(out, "--out DIR, a folder you may write");
  const asked = { drill, variant, variantDrawn: false, sides, disabled };
  const made = gameDay.handsOn ? handsOnRun(asked, flags.variant !== undefined, profile, seed) : asked;
  return {
    ...made,
    ...gameDay,
    profile,
    baseline: made.sides[0] ?? "off",
    candidate: made.sides.at(-1) ?? "on",
    overridden: flags.set.length > 0,
    borrowed: [],
    readyWithinMs: readyWithin(flags.readyWithin ?? usualReadyWithin),
    store: flags.store,
    seed,
    root: process.cwd(),
    out,
    cordon: identity(),
    clock: systemClock,
  };
}

/** What makes it another run than the drill as it stands, in words for the name of its folder. */
function unusualIn(flags: RunFlags, drill: Drill, variant: string): readonly string[] {
  const without = protectionsOf(flags.off);
  return [
    ...(variant === drill.variants[0].id ? [] : [variant]),
    ...(flags.profile === "quick" ? [] : [flags.profile]),
    ...(flags.store === "lmdb" ? [] : [flags.store]),
    ...(flags.sides === usualSides ? [] : flags.sides.split(",")),
    ...(without.length === 0 ? [] : ["without", ...without]),
    ...flags.set,
    ...(flags.handsOn === true ? ["hands-on"] : []),
  ];
}

/** What a start takes at most where nobody says. */
export const usualReadyWithin = "30s";

/** Milliseconds of `--ready-within`. Throws a Refusal. */
export const readyWithin = (text: string): number => duration("--ready-within", text, { least: 1_000, most: 600_000 });

export function findDrill(id: string): Drill {
  const drill = drills.find((known) => known.id === id);
  if (drill !== undefined) return drill;
  const ids = drills.map((known) => known.id);
  throw unknownWord("drill", id, ids, drillCommands);
}

function variantOf(drill: Drill, word: string | undefined): Drill["variants"][number] {
  if (word === undefined) return drill.variants[0];
  const variant = drill.variants.find((known) => known.id === word);
  if (variant !== undefined) return variant;
  const ids = drill.variants.map((known) => known.id);
  throw unknownWord("variant", word, ids);
}

function sidesOf(words: string): readonly PresetName[] {
  const sides = words.split(",").map((word): PresetName => {
    if (!isPresetName(word)) throw unknownWord("side", word, presetNames);
    return word;
  });
  if (new Set(sides).size !== sides.length || sides.length > 2)
    throw new Refusal(`--sides ${words}: name one side, or two different ones`, endings.usage);
  return sides;
}

export const protectionsOf = (words: string | undefined): readonly ProtectionId[] =>
  (words ?? "")
    .split(",")
    .filter((word) => word !== "")
    .map((word): ProtectionId => {
      if (!isProtectionId(word)) throw unknownWord("protection", word, protectionIds);
      return word;
    });

/** A result that cannot be written is known before two minutes were spent on it. Nothing is left there. `instead`: what to give. */
export function checkWritable(out: string, instead: string): void {
  let there = resolve(out);
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is no folder`);
    accessSync(there, constants.W_OK | constants.X_OK);
    // The rights are there and the system makes none all the same, as in /proc.
    if (there !== resolve(out)) rmdirSync(mkdtempSync(join(there, ".cordon-")));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Refusal(`nothing can be written to ${out} (${why})\ngive ${instead}`, endings.usage);
  }
}
