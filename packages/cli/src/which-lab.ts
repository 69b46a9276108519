/** Which lab a command means: the one of `--lab DIR`, else the newest that was started in this folder and runs. */
import { findLab, isUpRun, labObject, livingLabs, noLab, type LabFile } from "@cordon/lab";
import { endings, Refusal } from "./exit.ts";
import { wrapped } from "./layout.ts";

export const labOption = [
  "--lab <dir>",
  "folder of the lab; else the newest that was started in this folder and runs",
] as const;

/** The lab that is meant. Throws a Refusal when none such runs. */
export function chosenLab(dir: string | undefined): LabFile {
  const choice = { lab: dir, root: process.cwd() };
  const lab = findLab(choice);
  if (lab === undefined) throw new Refusal(noLab(choice), endings.usage);
  return lab;
}

export const harmOption = [
  "--lab <dir>",
  "folder of the lab; else the newest that cordon up started in this folder: no drill's",
] as const;

/**
 * The lab that is meant to be harmed, or mended. A fault that a hand adds to a drill's lab, or takes away there, spoils the
 * drill: its lab is meant by its folder alone. Throws a Refusal.
 */
export function chosenForHarm(dir: string | undefined): LabFile {
  if (dir !== undefined) return chosenLab(dir);
  const up = livingLabs(process.cwd()).filter(({ runId }) => isUpRun(runId));
  const lab = up.find((one) => labObject(one) !== undefined) ?? up[0];
  if (lab !== undefined) return lab;
  const drills = chosenLab(undefined);
  if (drills.hidesFaults) throw gameDayRefusal(drills);
  const why = `the lab in ${drills.dir} is a drill's, and a fault by hand spoils the drill; --lab DIR does it all the same; a lab of your own: cordon up`;
  throw new Refusal(wrapped("", why), endings.usage);
}

/** What fails in a game day is nobody's to be told. */
export const gameDayRefusal = ({ dir }: Pick<LabFile, "dir">): Refusal =>
  new Refusal(
    wrapped(
      "",
      `a game day runs in ${dir}: what fails there is yours to find, and heals by itself; another lab: --lab DIR`,
    ),
    endings.usage,
  );

/** Which lab was meant, where another one could have been. */
export const labLines = (lab: Pick<LabFile, "dir">): readonly string[] =>
  otherLabs(lab).length === 0 ? [] : [wrapped("lab      ", lab.dir)];

/** The folders of the other labs that run here, for whoever did not say which one was meant. */
export const otherLabs = (lab: Pick<LabFile, "dir">): readonly string[] =>
  livingLabs(process.cwd())
    .map(({ dir }) => dir)
    .filter((dir) => dir !== lab.dir);
