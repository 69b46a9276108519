/**
 * `cordon fault add | rm | list`: harm done by hand to a lab that another process keeps. A toxic stands on the proxies in
 * front of role instances; freeze and kill are done to processes. Every fault that stays is on a lease and heals by itself.
 * What was added in part is taken away again, so that a refusal leaves nothing behind. The labs of drills are harmed and
 * mended by hand only where they are named.
 */
import type { Command } from "commander";
import { toxicTypes } from "@cordon/model";
import { collected } from "./collect.ts";
import { addFaults, faultsOf, removeFaults, type AddOrder, type StandingFault } from "./faults.ts";
import { endings, Refusal, type Ending } from "./exit.ts";
import { duration, share } from "./quantities.ts";
import { chosenForHarm, chosenLab, gameDayRefusal, harmOption, labLines, labOption } from "./which-lab.ts";
import type { LabFile } from "@cordon/lab";
import { unknownWord } from "./words.ts";

interface LabFlags {
  readonly lab?: string;
  readonly json?: boolean;
}

interface AddFlags extends LabFlags {
  readonly set: readonly string[];
  readonly lease?: string;
  readonly toxicity: string;
  readonly stream: string;
  readonly name?: string;
}

type Kind = AddOrder["kind"];
const kinds: readonly Kind[] = [...toxicTypes, "freeze", "kill"];
const streams = ["downstream", "upstream"] as const;
/** The fault proxies' own bound is a day. */
const leaseBounds = { least: 100, most: 86_400_000 };
/** Where nobody says how long. */
const usualLease = "30s";

/** Adds `fault` and what is below it. Each action tells `end` how the command ended. */
export function addFaultCommands(program: Command, end: (ending: Ending) => void): void {
  const fault = program.command("fault").description("break something in a running lab, and mend it");
  fault
    .command("add <target> <kind>")
    .description(
      "TARGET: a role instance (p3a), a partition (p3), or for freeze and kill any process (auth). " +
        `KIND: ${kinds.join(", ")}`,
    )
    .addOption(collected("--set <key=number>", "an attribute of the toxic, as in --set latency=200", "none"))
    .option("--lease <time>", `after which it heals by itself; a kill has none (default: ${usualLease})`)
    .option("--toxicity <share>", "share of connections it applies to", "1")
    .option("--stream <way>", `of what it applies to: ${streams.join(" or ")}`, "downstream")
    .option("--name <name>", "of the toxic (default: KIND_STREAM)")
    .option(...harmOption)
    .option("--json", "as JSON")
    .action(async (target: string, kind: string, flags: AddFlags) => end(await add(target, kind, flags)));
  fault
    .command("rm <target> [name]")
    .description("take faults away: those on TARGET (all: on everything), or of them those of that name or kind")
    .option(...harmOption)
    .option("--json", "as JSON")
    .action(async (target: string, name: string | undefined, flags: LabFlags) => end(await rm(target, name, flags)));
  fault
    .command("list")
    .description("the faults there are, and when they heal by themselves")
    .option(...labOption)
    .option("--json", "as JSON")
    .action(async (flags: LabFlags) => end(await list(flags)));
}

async function add(target: string, kind: string, flags: AddFlags): Promise<Ending> {
  if (!isKind(kind)) throw unknownWord("kind of fault", kind, kinds);
  if (!isStream(flags.stream)) throw unknownWord("stream", flags.stream, streams);
  if (kind === "kill" && flags.lease !== undefined)
    throw new Refusal(`--lease ${flags.lease}: a kill has no lease`, endings.usage);
  const order: AddOrder = {
    target,
    kind,
    attributes: Object.fromEntries(flags.set.map(attributeIn)),
    leaseMs: duration("--lease", flags.lease ?? usualLease, leaseBounds),
    toxicity: share("--toxicity", flags.toxicity),
    stream: flags.stream,
    name: flags.name,
  };
  const lab = chosenForHarm(flags.lab);
  return tell("add", lab, await addFaults(lab, order), flags);
}

async function rm(target: string, name: string | undefined, flags: LabFlags): Promise<Ending> {
  const lab = open(chosenForHarm(flags.lab));
  return tell("rm", lab, await removeFaults(lab, target, name), flags);
}

async function list(flags: LabFlags): Promise<Ending> {
  const lab = open(chosenLab(flags.lab));
  return tell("list", lab, await faultsOf(lab), flags);
}

/** The same lab, if its faults are anybody's to know. Throws a Refusal. */
function open(lab: LabFile): LabFile {
  if (lab.hidesFaults) throw gameDayRefusal(lab);
  return lab;
}

function tell(action: "add" | "rm" | "list", lab: LabFile, faults: readonly StandingFault[], flags: LabFlags): Ending {
  const none = action === "list" ? "there are no faults" : "there was nothing to take away";
  const told = faults.length === 0 ? [none] : faults.map((fault) => lineOf(fault, action));
  const lines = [...labLines(lab), ...told];
  const text =
    flags.json === true
      ? JSON.stringify({ schema: "cordon.faults/1", action, lab: lab.dir, faults })
      : lines.join("\n");
  process.stdout.write(`${text}\n`);
  return endings.ok;
}

function lineOf(
  { target, kind, name, leaseLeftMs, toxicity, attributes, replaced }: StandingFault,
  action: string,
): string {
  const lease =
    action === "rm"
      ? "taken away"
      : leaseLeftMs === null
        ? "no lease"
        : `heals in ${(leaseLeftMs / 1_000).toFixed(0)} s`;
  const numbers = Object.entries(attributes ?? {}).map(([key, value]) => `${key}=${value}`);
  const part = toxicity === undefined || toxicity === 1 ? [] : [`toxicity=${toxicity}`];
  const until = kind === "kill" ? "killed; the supervisor starts it again" : lease;
  const whose = replaced === true ? ["(replaced)"] : [];
  return [target.padEnd(8), name.padEnd(24), until, ...numbers, ...part, ...whose].join("  ").trimEnd();
}

const isKind = (word: string): word is Kind => (kinds as readonly string[]).includes(word);
const isStream = (word: string): word is (typeof streams)[number] => (streams as readonly string[]).includes(word);

function attributeIn(text: string): readonly [string, number] {
  const [key = "", said = "", ...more] = text.split("=");
  const value = Number(said);
  if (key !== "" && said.trim() !== "" && more.length === 0 && Number.isFinite(value)) return [key, value];
  throw new Refusal(`--set ${text}: give key=number, as in --set latency=200`, endings.usage);
}
