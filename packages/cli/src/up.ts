/**
 * `cordon up`: a lab to play with, preset `on`, filled with users. In the foreground it says where things are, shows the
 * live state and ends with its command; `--detach` starts the same command again in a session of its own, hands over its
 * object when it is ready, and leaves it to run. Either way the runner is the foreground command, and its guardian clears
 * the lab away however that one ends.
 * Invariant: a lab whose object could not be handed over is taken down, for nobody would know of it.
 */
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import type { Command } from "commander";
import { examinePlaces } from "@cordon/drill";
import {
  endLab,
  fillDirectory,
  isStoreKind,
  LabStartError,
  labObject,
  leastUsers,
  livingLabs,
  logFile,
  partitionIds,
  populate,
  readLivingLab,
  runDir,
  settingsOf,
  serviceParts,
  startLabOf,
  storeKinds,
  upRunId,
  wasEnded,
  type Lab,
  type LabFile,
  type Population,
  type StoreKind,
} from "@cordon/lab";
import { protectionIds, type ProtectionId } from "@cordon/model";
import { systemClock } from "@cordon/runtime";
import { called, spelled } from "./called.ts";
import { startDetached } from "./detach.ts";
import { endings, notEnded, onSignals, Refusal, type Ending } from "./exit.ts";
import { showLive } from "./live-view.ts";
import { placesText, trialText } from "./places.ts";
import { wholeNumber } from "./quantities.ts";
import { protectionsOf, readyWithin, usualReadyWithin } from "./run-options.ts";
import { handOver } from "./say.ts";
import { unknownWord } from "./words.ts";

interface UpFlags {
  readonly detach?: boolean;
  readonly json?: boolean;
  readonly partitions: string;
  readonly roles: string;
  readonly users: string;
  readonly off?: string;
  readonly store: string;
  readonly readyWithin: string;
}

interface LabSize {
  readonly partitions: number;
  readonly roleInstances: number;
  readonly users: number;
  readonly off: readonly ProtectionId[];
  readonly store: StoreKind;
  readonly readyWithinMs: number;
}

/** Adds `up`. Its action tells `end` how the command ended. */
export function addUpCommand(program: Command, end: (ending: Ending) => void): void {
  program
    .command("up")
    .description("start a lab to play with; it runs until Ctrl-C or cordon down")
    .option("--detach", "return when it is ready, and let it run")
    .option("--json", "print the lab's object (docs/lab.md) on stdout, and nothing else")
    .option("--partitions <count>", "partitions of the directory", "4")
    .option("--roles <count>", "role instances of each partition", "2")
    .option("--users <count>", "users, spread evenly over the partitions", "240")
    .option("--ready-within <time>", "a start that takes longer has failed, as on a busy machine", usualReadyWithin)
    .option("--off <protections>", `take these away, comma-separated: ${protectionIds.join(", ")}`)
    .option("--store <kind>", "what the partitions' records are in: lmdb, or redis (a server each)", "lmdb")
    .action(async (flags: UpFlags) => {
      const size = sizeOf(flags);
      end(flags.detach === true ? await detach(flags.json === true) : await keep(size, flags.json === true));
    });
}

function sizeOf(flags: UpFlags): LabSize {
  if (!isStoreKind(flags.store)) throw unknownWord("store", flags.store, storeKinds);
  const partitions = wholeNumber("--partitions", flags.partitions, { least: 1, most: 64 });
  return {
    partitions,
    roleInstances: wholeNumber("--roles", flags.roles, { least: 1, most: 8 }),
    users: wholeNumber("--users", flags.users, { least: leastUsers(partitions), most: 100_000 }),
    off: protectionsOf(flags.off),
    store: flags.store,
    readyWithinMs: readyWithin(flags.readyWithin),
  };
}

async function detach(json: boolean): Promise<Ending> {
  const { signal, received } = onSignals();
  const words = process.argv.slice(2).filter((word) => word !== "--detach" && word !== "--json");
  const outcome = await startDetached([...words, "--json"], signal);
  if (outcome.kind === "ended") return received() ?? outcome.ending;
  const { object } = outcome;
  const text = [placesText(object, process.cwd()), trialText(object), endText].join("\n\n");
  try {
    await tellWhere(json ? JSON.stringify(object) : spelled(text, called));
  } catch (error) {
    const { left } = await endLab(object.dir);
    throw left.length > 0 ? notEnded(left) : error;
  }
  return endings.ok;
}

/** Throws a Refusal when nobody got it: the lab is to be taken down. */
async function tellWhere(text: string): Promise<void> {
  try {
    await handOver(text);
  } catch (error) {
    const why = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new Refusal(`stdout did not take where the lab is${why}: it was taken down again`, endings.unsaid);
  }
}

const endText = `it runs on until you end it
  cordon status
  cordon down`;

/** Runs a lab until it is told to end, or cannot go on. */
async function keep(size: LabSize, json: boolean): Promise<Ending> {
  const { signal, received: signalled } = onSignals();
  const root = process.cwd();
  const runId = upRunId(randomBytes(4).toString("hex"));
  const received = (): Ending | undefined => endedBy(runDir(root, runId), signalled());
  await checkPlaces(root);
  const population = populate(partitionIds(size), size.users);
  tellOthers();
  const bounds = { ...serviceParts.bounds, readyWithinMs: size.readyWithinMs };
  const lab = await startLabOf(
    { ...serviceParts, bounds },
    {
      root,
      runId,
      settings: settingsOf("on", size.off),
      partitions: size.partitions,
      roleInstances: size.roleInstances,
      faultPoints: true,
      keepsHistory: false,
      store: size.store,
      seed: randomBytes(4).toString("hex"),
      tenants: population.tenants,
    },
    signal,
  ).catch((error: unknown) => refuse(error, received()));
  try {
    await use(lab, population, json, signal);
  } catch (error) {
    await clearAway(lab);
    return refuse(error, received());
  }
  const ending = received() ?? lost(lab);
  await clearAway(lab);
  return ending;
}

/** What a drill's preflight asks of the places it writes to goes for a lab, too. */
async function checkPlaces(root: string): Promise<void> {
  const failed = (await examinePlaces(root)).filter(({ state }) => state === "failed");
  if (failed.length > 0)
    throw new Refusal(failed.map(({ name, detail }) => `${name}: ${detail}`).join("\n"), endings.preflight);
}

/** How it was told to end: by `cordon down`, which leaves word of it, or by the signal that a person or the system sent. */
const endedBy = (dir: string, signalled: Ending | undefined): Ending | undefined =>
  signalled !== undefined && wasEnded(dir)
    ? { ...signalled, word: "ended by cordon down, everything rolled back" }
    : signalled;

async function clearAway(lab: Lab): Promise<void> {
  const { left } = await lab.close();
  if (left.length > 0) throw notEnded(left);
}

/** Fills the lab, says where it is, and shows it until `signal` or until it is lost. */
async function use(lab: Lab, population: Population, json: boolean, signal: AbortSignal): Promise<void> {
  const over = AbortSignal.any([signal, lab.lost]);
  await fillDirectory(lab, population);
  if (over.aborted) return;
  const file = readLivingLab(lab.dir);
  const object = file === undefined ? undefined : labObject(file);
  if (file === undefined || object === undefined) throw new LabStartError(`${lab.dir} cannot be read back`);
  if (json) {
    await tellWhere(JSON.stringify(object));
    return aborted(over);
  }
  await tellWhere(`${placesText(object, process.cwd())}\n\n${spelled(trialText(object), called)}\n`);
  const live = showLive(file, process.stderr, systemClock);
  await aborted(over);
  live.close();
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
    // The guardian's pipe and the supervisor keep nobody alive: the command does, until it is told to end.
    const hold = setInterval(() => {}, 60_000);
    signal.addEventListener("abort", () => clearInterval(hold), { once: true });
  });

/** The lab could not go on by itself. A detached one has only its folder to say so in. */
function lost(lab: Lab): Ending {
  const why: unknown = lab.lost.reason;
  const message = `the lab could not go on: ${why instanceof Error ? why.message : "its keepers are gone"}`;
  process.stderr.write(`${message}\n`);
  try {
    appendFileSync(logFile(lab.dir, "runner"), `${message}\n`);
  } catch {
    // A full disk may be what it was lost for: it is cleared away all the same.
  }
  return { code: 1, word: "the lab was lost, everything cleared away" };
}

/** A lab that did not start is a message, and everything that was started is gone. */
function refuse(error: unknown, received: Ending | undefined): never {
  if (received !== undefined) throw new Refusal("the lab was not ready yet", received);
  if (error instanceof LabStartError) throw new Refusal(error.message, endings.preflight);
  throw error;
}

function tellOthers(): void {
  const others: readonly LabFile[] = livingLabs(process.cwd());
  for (const { dir } of others) process.stderr.write(`another lab runs here: ${dir}\n`);
}
