/**
 * `cordon status` and `cordon down`, on a lab that another process keeps. Status prints the object that `up` printed, with
 * what is true of it now and how its partitions stand, which takes two looks a moment apart; down ends the lab's runner
 * and waits until nothing of the lab is left. A drill keeps its lab for itself: status shows it, down leaves it alone.
 */
import { resolve } from "node:path";
import type { Command } from "commander";
import {
  endLab,
  findLab,
  isUpRun,
  labObject,
  livingLabs,
  readJournal,
  journalFile,
  upLabs,
  type LabFile,
} from "@cordon/lab";
import { systemClock } from "@cordon/runtime";
import { called, spelled } from "./called.ts";
import { endings, notEnded, Refusal, type Ending } from "./exit.ts";
import { columns, wrapped } from "./layout.ts";
import { figuresNow } from "./live-figures.ts";
import { headLine, linesOf, servicesLines } from "./live-lines.ts";
import { shownOf } from "./live-state.ts";
import { stateNow } from "./live-view.ts";
import { placesText } from "./places.ts";
import { withStanding } from "./standing-json.ts";
import { labOption, otherLabs } from "./which-lab.ts";

interface LabFlags {
  readonly lab?: string;
  readonly json?: boolean;
}

/** As service managers have it: what was asked about does not run. */
const noLabEnding: Ending = { code: 3, word: "no lab is running" };

/** Adds `down` and `status`. Each action tells `end` how the command ended. */
export function addStatusCommands(program: Command, end: (ending: Ending) => void): void {
  program
    .command("down")
    .description("end a lab that cordon up started, and wait until nothing is left of it")
    .option("--lab <dir>", "folder of the lab; else the newest that cordon up started in this folder")
    .option("--json", "as JSON")
    .action(async (flags: LabFlags) => end(await down(flags)));
  program
    .command("status")
    .description("where a lab is, which processes it has, and how its partitions stand")
    .option(...labOption)
    .option("--json", "print the lab's object (docs/lab.md) on stdout, and nothing else")
    .action(async (flags: LabFlags) => end(await status(flags)));
}

async function down({ lab, json }: LabFlags): Promise<Ending> {
  const running = upLabs(process.cwd());
  const dir = lab === undefined ? running[0] : resolve(lab);
  if (lab !== undefined) checkIsUps(resolve(lab));
  const { left } = dir === undefined ? { left: [] } : await endLab(dir);
  const others = running.filter((one) => one !== dir);
  if (json === true)
    process.stdout.write(`${JSON.stringify({ schema: "cordon.down/1", dir: dir ?? null, left, others })}\n`);
  else process.stdout.write(`${downText(dir, others)}\n`);
  if (left.length > 0) throw notEnded(left);
  return endings.ok;
}

function checkIsUps(dir: string): void {
  const journal = readJournal(journalFile(dir));
  if (journal === undefined)
    throw new Refusal(`${dir} is not the folder of a lab; leave --lab out to take the newest one`, endings.usage);
  if (!isUpRun(journal.runId))
    throw new Refusal(`a drill keeps the lab in ${dir}; end the drill: cordon drill halt`, endings.usage);
}

const downText = (dir: string | undefined, others: readonly string[]): string =>
  [
    dir === undefined ? "no lab of cordon up is running here" : wrapped("down         ", dir),
    ...drillLabs().map((drill) =>
      wrapped("a drill's    ", `${drill} (${spelled("cordon drill halt", called)} ends it)`),
    ),
    ...others.map((other) => wrapped("still up     ", other)),
  ].join("\n");

/** Labs here that drills keep, which down leaves alone. */
const drillLabs = (): readonly string[] =>
  livingLabs(process.cwd())
    .filter(({ runId }) => !isUpRun(runId))
    .map(({ dir }) => dir);

async function status({ lab: dir, json }: LabFlags): Promise<Ending> {
  const lab = findLab({ lab: dir, root: process.cwd() });
  if (lab === undefined) {
    const where = dir === undefined ? "here" : `in ${dir}`;
    process.stderr.write(`${spelled(`no lab is running ${where}; start one: cordon up`, called)}\n`);
    return noLabEnding;
  }
  const object = labObject(lab);
  if (object === undefined) {
    process.stderr.write(`${lab.dir} is still starting\n`);
    return noLabEnding;
  }
  const figures = await figuresNow(lab, systemClock);
  const state = shownOf(stateNow(lab), lab.hidesFaults);
  if (json === true) {
    process.stdout.write(`${JSON.stringify(withStanding(object, lab, state, figures))}\n`);
    return endings.ok;
  }
  const processes = object.processes.map(({ name, pid }) => `${name} ${pid}`).join(", ");
  const text = [
    placesText(object, process.cwd()),
    wrapped("processes    ", `runner ${object.pid}, ${processes}`),
    "",
    headLine,
    ...linesOf(state, figures.partitions, { judges: lab.judges, columns, lead: "" }),
    ...servicesLines(figures.services, columns),
    ...hiddenText(lab),
    ...(dir === undefined ? otherLabs(lab).map((other) => wrapped("another lab  ", `${other} (--lab)`)) : []),
  ];
  process.stdout.write(`${text.join("\n")}\n`);
  return endings.ok;
}

/** What a game day leaves to the live lines of its run. */
const hiddenText = ({ hidesFaults }: LabFile): readonly string[] =>
  hidesFaults
    ? ["", wrapped("", "A game day: what fails stands in the live lines of its run, as sign-ins served of those due.")]
    : [];
