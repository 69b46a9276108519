/**
 * The crash test, whole: a lab under load, strikes, and then the account. When the last strike has landed it waits until
 * every stopped process has been fenced or goes on, every service serves and the mail's backlog is gone; each of these is
 * a condition with a bound, and one that does not come about is a failure with its name.
 */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { audit } from "@cordon/drill";
import { settingsOf, type Lab, type LabSettings } from "@cordon/lab";
import { EventSchema } from "@cordon/model";
import { createLineParser, stateOf, systemClock } from "@cordon/runtime";
import { mailProgram, startSeededLab } from "../support/lab.ts";
import { until } from "../support/until.ts";
import { accountOf, type MailAccount } from "./account.ts";
import { writeAll, type WriteTally } from "./directory-load.ts";
import { sendMail } from "./mail-load.ts";
import { readBack } from "./read-back.ts";
import { signInAll, type SignInTally } from "./sign-in-load.ts";
import { strike, type Strike } from "./strikes.ts";

export interface CampaignReport {
  readonly seed: string;
  readonly kills: number;
  readonly freezes: number;
  /** Stopped processes that the supervisor killed, and those that were let go on before it did. */
  readonly fenced: number;
  readonly thawed: number;
  readonly mail: MailAccount;
  readonly signIns: SignInTally;
  readonly writes: Pick<WriteTally, "acknowledged" | "unanswered" | "wrong">;
  readonly tookMs: number;
  /** Everything that must not be, one line each. */
  readonly wrong: readonly string[];
}

const partitions = 4;
const roleInstances = 2;
const users = 40;
const patienceMs = 5_000;
const writePatienceMs = 3_000;

const healthyWithinMs = 60_000;
const drainedWithinMs = 120_000;
const callMs = 2_000;

/** As Cordon should run, but mail that was put off comes again within seconds: a test waits for the last of it. */
const settings = (): LabSettings => {
  const on = settingsOf("on", []);
  return { ...on, deferral: { ...on.deferral, maxMs: 4_000 } };
};

/** Strikes `count` times at a lab of its own. */
export async function runCampaign(count: number, seed: string): Promise<CampaignReport> {
  const began = performance.now();
  const options = { partitions, roleInstances, users, seed, settings: settings(), mailProgram };
  await using seeded = await startSeededLab({ ...options, store: "lmdb" });
  const { lab, population } = seeded;
  const ending = new AbortController();
  const common = { seed, users: population.users, patienceMs };
  const mail = sendMail({ ...common, mx: lab.urls.mx, senders: 6, pauseMs: 200 }, ending.signal);
  const signIns = signInAll({ ...common, authUrl: lab.urls.auth, clients: 3, pauseMs: 500 }, ending.signal);
  const writes = writeAll(
    { lab, tenants: population.tenants, seed, writers: 3, pauseMs: 1_000, patienceMs: writePatienceMs },
    ending.signal,
  );
  let strikes: readonly Strike[];
  try {
    strikes = await strike({ lab, count, seed, pauseMs: { from: 200, to: 1_800 } });
    await until("every stopped process is fenced or goes on", healthyWithinMs, () => !strikes.some(isFrozen));
    await until("every service serves", healthyWithinMs, () => isHealthy(lab));
  } finally {
    ending.abort();
  }
  const [sent, signedIn, written] = await Promise.all([mail, signIns, writes]);
  await until("the backlog is gone", drainedWithinMs, () => isDrained(lab));
  const account = accountOf(sent, await audit(lab.urls.mailApi, lab.maildirsDir, systemClock));
  const unreadable = await readBack(lab, written);
  const fenced = fencedPids(lab.eventsDir);
  const freezes = strikes.filter(({ fault }) => fault === "freeze");
  return {
    seed,
    kills: strikes.length - freezes.length,
    freezes: freezes.length,
    fenced: freezes.filter(({ pid }) => fenced.has(pid)).length,
    thawed: freezes.filter(({ pid, thawAfterMs }) => thawAfterMs !== null && !fenced.has(pid)).length,
    mail: account,
    signIns: signedIn,
    writes: { acknowledged: written.acknowledged, unanswered: written.unanswered, wrong: written.wrong },
    tookMs: Math.round(performance.now() - began),
    wrong: [...account.wrong, ...refusalsForGood(sent), ...signedIn.wrong, ...written.wrong, ...unreadable],
  };
}

/** The report in one line. */
export const lineOf = (report: CampaignReport): string =>
  [
    `seed ${report.seed}`,
    `${report.kills} SIGKILL`,
    `${report.freezes} SIGSTOP (${report.fenced} fenced, ${report.thawed} let go on)`,
    `mail ${report.mail.ok} ok, ${report.mail.unknown} unknown (${report.mail.arrived} arrived), ${report.mail.refused} refused, ${report.mail.lost} lost, ${report.mail.duplicated} duplicated`,
    `sign-ins ${report.signIns.served} served (${report.signIns.degraded} degraded), ${report.signIns.unserved} not`,
    `writes ${report.writes.acknowledged} acknowledged, ${report.writes.unanswered} unanswered`,
    `${report.wrong.length} wrong`,
    `${(report.tookMs / 1_000).toFixed(0)} s`,
  ].join("; ");

const isFrozen = (struck: Strike): boolean => struck.fault === "freeze" && stateOf(struck) === "frozen";

/** The recipients exist: whoever says for good that they do not has made an outage into a loss. */
const refusalsForGood = (sent: Awaited<ReturnType<typeof sendMail>>): readonly string[] =>
  sent
    .filter(({ outcome, reply }) => outcome === "refused" && reply.startsWith("5"))
    .map(({ headerId, reply }) => `${headerId} was refused for good: ${reply}`);

async function isHealthy(lab: Lab): Promise<boolean> {
  lab.lost.throwIfAborted();
  const instances = lab.instances();
  if (instances.length !== partitions * roleInstances) return false;
  const { control, auth, mailApi } = lab.urls;
  const answers = await Promise.all(
    [control, auth, mailApi, ...instances.map(({ health }) => health)].map((base) => healthOf(base)),
  );
  return answers.every((answer) => answer !== undefined);
}

async function isDrained(lab: Lab): Promise<boolean> {
  lab.lost.throwIfAborted();
  const health = (await healthOf(lab.urls.mailApi)) as { status: string; queued: number } | undefined;
  return health?.status === "ok" && health.queued === 0;
}

async function healthOf(base: string): Promise<unknown> {
  try {
    const response = await fetch(new URL("/health", base), { signal: AbortSignal.timeout(callMs) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

const parseEvent = createLineParser(EventSchema);

/** The pids of the processes that were fenced, from the supervisor's own events. */
function fencedPids(eventsDir: string): ReadonlySet<number> {
  const lines = readdirSync(eventsDir).flatMap((file) => readFileSync(join(eventsDir, file), "utf8").split("\n"));
  return new Set(
    lines
      .flatMap((line) => parseEvent(line) ?? [])
      .filter(({ kind }) => kind === "fenced")
      .map(({ detail }) => Number(/\(pid (\d+)\)/.exec(detail)?.[1])),
  );
}
