/** Which lab a command means: the one of `--lab DIR`, else the newest that was started in this folder and runs. */
import { findLab, livingLabs, noLab, type LabFile } from "@cordon/lab";
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

/** Which lab was meant, where another one could have been. */
export const labLines = (lab: Pick<LabFile, "dir">): readonly string[] =>
  otherLabs(lab).length === 0 ? [] : [wrapped("lab      ", lab.dir)];

/** The folders of the other labs that run here, for whoever did not say which one was meant. */
export const otherLabs = (lab: Pick<LabFile, "dir">): readonly string[] =>
  livingLabs(process.cwd())
    .map(({ dir }) => dir)
    .filter((dir) => dir !== lab.dir);
