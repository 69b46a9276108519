/**
 * `cordon load auth | mail`: sign-ins or mail for a lab that runs here, or for any place that speaks the same, with limits
 * and an exit code. Whatever is wrong with what was asked is refused before anything is sent. Passwords come from the lab
 * or from a file, and are printed nowhere.
 */
import { randomBytes } from "node:crypto";
import type { Command } from "commander";
import {
  loadBounds,
  loadReport,
  plannedOf,
  readLimits,
  readUsersFile,
  runLoad,
  samplesFor,
  usersOfLab,
  type LoadOrder,
  type LoadUser,
  type LoadVerdict,
  type LoadWay,
} from "@cordon/load";
import { systemClock } from "@cordon/runtime";
import { endings, onSignals, Refusal, type Ending } from "./exit.ts";
import { beginText, resultText } from "./load-text.ts";
import { duration, wholeNumber } from "./quantities.ts";
import { chosenLab, labOption } from "./which-lab.ts";

interface LoadFlags {
  readonly rate?: string;
  readonly for: string;
  readonly connections?: string;
  readonly slo: string;
  readonly open?: boolean;
  readonly url?: string;
  readonly users?: string;
  readonly lab?: string;
  readonly json?: boolean;
}

type Target = LoadWay["target"];

const lengthBounds = { least: 1_000, most: 3_600_000 };
const rateBounds = { least: 1, most: 20_000 };
const connectionBounds = { least: 1, most: 1_024 };
const defaultConnections = 16;
const examples: Readonly<Record<Target, string>> = { auth: "http://127.0.0.1:8080", mail: "smtp://127.0.0.1:2525" };

const endingsOf: Readonly<Record<Exclude<LoadVerdict["kind"], "interrupted">, Ending>> = {
  held: { code: 0, word: "held" },
  broken: { code: 4, word: "broken" },
  "no-verdict": { code: 5, word: "no verdict" },
};
const unreachable: Ending = { code: 3, word: "nothing answers there, nothing was sent" };

/** Adds `load` and what is below it. Each action tells `end` how the command ended. */
export function addLoadCommands(program: Command, end: (ending: Ending) => void): void {
  const load = program.command("load").description("load auth with sign-ins, or mail with mails, and judge it");
  const auth = load
    .command("auth")
    .description("sign users in: by default in a closed loop, as fast as each connection is answered")
    .option("--rate <count>", "sign-ins a second; in a closed loop at most so many")
    .option("--open", "an open loop: --rate a second, whether answered or not")
    .option("--connections <count>", `of a closed loop (default: ${defaultConnections})`);
  common(auth, "base URL of another auth than a lab's; needs --users").action(async (flags: LoadFlags) =>
    end(await run("auth", flags)),
  );
  const mail = load
    .command("mail")
    .description("send mails, each in an SMTP session of its own; the loop is always open")
    .option("--rate <count>", "mails a second", "50")
    .option("--open", "as always");
  common(mail, "another place than a lab's, as smtp://HOST:PORT; needs --users").action(async (flags: LoadFlags) =>
    end(await run("mail", flags)),
  );
}

const common = (command: Command, url: string): Command =>
  command
    .option("--for <time>", "how long", "30s")
    .option("--slo <limits>", "p50, p95, p99 below a time, errors below or ok above a share", "errors<1%")
    .option("--url <url>", url)
    .option("--users <file>", `users to load with, a line each: {"user":"a@b.example","password":".."}`)
    .option(...labOption)
    .option("--json", "as JSON");

async function run(target: Target, flags: LoadFlags): Promise<Ending> {
  const order = orderOf(target, flags);
  const { signal, received } = onSignals();
  process.stderr.write(`${beginText(order)}\n`);
  const outcome = await runLoad(order, loadBounds, systemClock, signal);
  if (outcome.kind === "unreachable") throw new Refusal(outcome.detail, received() ?? unreachable);
  const { verdict } = outcome.run;
  const ending = verdict.kind === "interrupted" ? brokenOff(received()) : endingsOf[verdict.kind];
  const text = flags.json
    ? JSON.stringify(loadReport(outcome.run, loadBounds, ending.code))
    : resultText(outcome.run, flags.url === undefined);
  process.stdout.write(`${text}\n`);
  return ending;
}

const brokenOff = (ending: Ending | undefined): Ending => ({ code: ending?.code ?? 130, word: "broken off" });

/** What is to be done. Throws a Refusal for the first thing that is wrong. */
function orderOf(target: Target, flags: LoadFlags): LoadOrder {
  const lengthMs = duration("--for", flags.for, lengthBounds);
  const limits = limitsOf(flags.slo);
  const rate = flags.rate === undefined ? null : wholeNumber("--rate", flags.rate, rateBounds);
  const loop = loopOf(target, flags, rate);
  checkSize(limits, plannedOf(rate, lengthMs));
  const { place, users } = groundOf(target, flags);
  return { way: wayOf(place, loop), users, lengthMs, limits, seed: randomBytes(4).toString("hex") };
}

function limitsOf(text: string): LoadOrder["limits"] {
  const read = readLimits(text);
  if (read.kind === "limits") return read.limits;
  const { at, word, right } = read;
  throw new Refusal(
    `--slo ${text}: at character ${at}, ${word === "" ? "where nothing stands" : `'${word}'`}: give ${right}`,
    endings.usage,
  );
}

type Loop =
  | { readonly loop: "closed"; readonly connections: number; readonly rate: number | null }
  | { readonly loop: "open"; readonly rate: number };

function loopOf(target: Target, { open, connections }: LoadFlags, rate: number | null): Loop {
  if (target === "auth" && open !== true) {
    const count =
      connections === undefined ? defaultConnections : wholeNumber("--connections", connections, connectionBounds);
    return { loop: "closed", connections: count, rate };
  }
  if (rate === null) throw new Refusal("--open: say how many a second, as in --rate 50", endings.usage);
  if (connections !== undefined)
    throw new Refusal("--connections: an open loop has as many as it needs; leave it out", endings.usage);
  return { loop: "open", rate };
}

type Place =
  | { readonly target: "auth"; readonly url: string }
  | { readonly target: "mail"; readonly host: string; readonly port: number };

interface Ground {
  readonly place: Place;
  readonly users: readonly LoadUser[];
}

/** Where the load goes, and who uses it: a lab with its users, or what was named. */
function groundOf(target: Target, { url, users: file, lab: dir }: LoadFlags): Ground {
  const place = url === undefined ? undefined : placeOf(target, url);
  const named = file === undefined ? undefined : usersIn(file, target === "auth");
  if (place !== undefined) {
    if (named === undefined) throw new Refusal("--url: say who is there, with --users FILE", endings.usage);
    return { place, users: named };
  }
  const lab = chosenLab(dir);
  const users = named ?? usersOfLab(lab);
  if (users === undefined) throw new Refusal(`${lab.dir} is still starting`, endings.usage);
  const { auth, mx } = lab.urls;
  return { place: target === "auth" ? { target, url: auth } : placeOf(target, `smtp://${mx}`), users };
}

function usersIn(file: string, signsIn: boolean): readonly LoadUser[] {
  const read = readUsersFile(file, signsIn);
  if (read.kind === "users") return read.users;
  throw new Refusal(`${file}:${read.line}:${read.column} ${read.detail}`, endings.usage);
}

function placeOf(target: Target, text: string): Place {
  const url = URL.parse(text);
  const isRight = url !== null && (target === "auth" ? /^https?:$/ : /^smtp:$/).test(url.protocol);
  const isBare = url !== null && /^\/?$/.test(url.pathname) && url.search === "" && url.hash === "";
  // A URL that fails may hold a password, which is repeated to nobody.
  if (!isRight || !isBare || url.username !== "" || url.password !== "")
    throw new Refusal(`--url: give no more than scheme, host and port, as in ${examples[target]}`, endings.usage);
  if (target === "auth") return { target, url: url.origin };
  return { target, host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port: url.port === "" ? 25 : Number(url.port) };
}

function wayOf(place: Place, loop: Loop): LoadWay {
  if (place.target === "auth") {
    // autocannon accepts any certificate, and passwords go where it says.
    if (loop.loop === "closed" && place.url.startsWith("https:"))
      throw new Refusal("--url: a closed loop checks no certificate; give --open with https", endings.usage);
    return { ...place, ...loop };
  }
  if (loop.loop === "closed") throw new Error("mail has no closed loop");
  return { ...place, ...loop };
}

/** That a limit could be read at all, and the run has a bound, is known beforehand where there is a rate. */
function checkSize(limits: LoadOrder["limits"], planned: number | null): void {
  if (planned === null) return;
  if (planned > loadBounds.mostAttempts)
    throw new Refusal(
      `--rate and --for are ${planned} attempts: at most ${loadBounds.mostAttempts} in one run`,
      endings.usage,
    );
  const unread = limits.find((limit) => samplesFor(limit) > planned);
  if (unread !== undefined)
    throw new Refusal(
      `--slo ${unread.text}: takes ${samplesFor(unread)} samples, and --rate and --for are ${planned}: load longer`,
      endings.usage,
    );
}
