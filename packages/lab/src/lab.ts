/**
 * A lab: one command starts it, and it is gone when its runner is. This is the runner's end. It makes the run's folder,
 * starts the guardian and then the supervisor, waits until every process serves and the map is published, and hands out
 * what a drill needs to load it and to break it. A start that fails clears everything away and says which process was
 * missing and what that one said last.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { thisMachine } from "@cordon/provision";
import { identityOf, systemClock } from "@cordon/runtime";
import { watchMachinery, type Ailing } from "./ailing.ts";
import { newestOf, readJournal, type Journal, type NamedProcess } from "./journal.ts";
import { startKeepers, type Keepers } from "./keepers.ts";
import { instancesOf } from "./instances.ts";
import { writeLabFile, type LabInstance, type LabUrls } from "./lab-file.ts";
import { removeOldRuns } from "./old-runs.ts";
import { spawnBeside, type BesideOrder } from "./beside.ts";
import {
  configFile,
  eventsDir,
  eventsFile,
  journalFile,
  linkSocket,
  maildirsDir,
  stateFile,
  tokenFile,
} from "./paths.ts";
import {
  partitionIds,
  roles,
  type LabPlan,
  type LabSettings,
  type StoreKind,
  type SupervisionBounds,
  type Tenant,
} from "./plan.ts";
import { makeRunFolder, type RunFolder } from "./run-folder.ts";
import { untilReady } from "./ready.ts";
import { LabStartError } from "./start-error.ts";
import { readState, type SupervisorState } from "./state-file.ts";
import { sweepRun, sweepWithinMs, type SweepReport } from "./sweep.ts";
import type { Spawned } from "./spawn.ts";
import { planStore } from "./store-plan.ts";

export interface LabBounds {
  /** A start that takes longer has failed. */
  readonly readyWithinMs: number;
  /** A supervisor that dies is started again this often in a run. */
  readonly supervisorRestarts: number;
  readonly supervision: SupervisionBounds;
}

/** The bounds of a lab, unless a test needs others; docs/limits lists them. */
export const labBounds: LabBounds = {
  readyWithinMs: 30_000,
  supervisorRestarts: 5,
  supervision: {
    respawnBaseMs: 100,
    respawnCapMs: 5_000,
    settledMs: 10_000,
    startWithinMs: 20_000,
    orderRetryMs: 10_000,
    callTimeoutMs: 1_000,
    judgementSilentMs: 3_000,
    tickMs: 100,
    retiredProxies: 64,
  },
};

export interface LabOptions {
  /** The working directory: runs are kept under its `.cordon/labs`. */
  readonly root: string;
  readonly runId: string;
  readonly settings: LabSettings;
  readonly partitions: number;
  readonly roleInstances: number;
  readonly faultPoints: boolean;
  /** Whether a drill reads the run's history. */
  readonly keepsHistory: boolean;
  /** Present: what fails is for a person to find, and no command tells it. */
  readonly hidesFaults?: true;
  /** What the partitions' records are in; for `redis` a redis-server is looked for, or fetched. */
  readonly store: StoreKind;
  readonly seed: string;
  readonly tenants: readonly Tenant[];
}

/** What a lab is made of. */
export interface LabParts {
  readonly programs: LabPlan["programs"];
  readonly bounds: LabBounds;
  readonly logLevel: LabPlan["logLevel"];
}

/** The services of this repository, under the bounds above. */
export const serviceParts: LabParts = {
  programs: Object.fromEntries(
    roles.map((role) => [role, fileURLToPath(new URL(`../../${role}/src/main.ts`, import.meta.url))]),
  ) as LabPlan["programs"],
  bounds: labBounds,
  logLevel: "info",
};

export interface Lab extends AsyncDisposable {
  readonly runId: string;
  /** The run's folder. */
  readonly dir: string;
  readonly urls: LabUrls;
  /** For calls that change something: `authorization: Bearer TOKEN`. */
  readonly token: string;
  readonly mapPublicKey: string;
  readonly partitions: readonly string[];
  /** One file of events a process: see followEvents. */
  readonly eventsDir: string;
  readonly maildirsDir: string;
  /** Whoever stops a process writes it here first. */
  readonly journal: Journal;
  /** Aborted, with an Error for a person, when the run cannot go on; it is then being cleared away. */
  readonly lost: AbortSignal;
  /**
   * What of control, fault, supervisor and guardian is stopped, gone or does not answer, within a few seconds of its
   * beginning. Where the fence is on, it is replaced soon; where it is off, it stays so.
   */
  ailing(): readonly Ailing[];
  /** The role instances that serve now, by partition and id; after a failover these are new ones. */
  instances(): readonly LabInstance[];
  /** The newest process of each name. One that has just died is listed until it is replaced. */
  processes(): readonly NamedProcess[];
  /** Starts a process beside the services; it is cleared away with them. Throws when the system refuses. */
  spawnBeside(order: BesideOrder): Spawned;
  /** Ends every process. Says what is left, which is nothing unless the system refused. */
  close(): Promise<SweepReport>;
}

/** Starts a lab of the services and returns it ready. Throws LabStartError; when `signal` aborts, its reason. */
export const startLab = (options: LabOptions, signal: AbortSignal): Promise<Lab> =>
  startLabOf(serviceParts, options, signal);

/** As startLab, of other parts: a test's stand-ins, or shorter bounds. */
export async function startLabOf(parts: LabParts, options: LabOptions, signal: AbortSignal): Promise<Lab> {
  signal.throwIfAborted();
  const store = await planStore(options.store, partitionIds(options), thisMachine(), Math.random);
  signal.throwIfAborted();
  const run = makeRunFolder(options.root, options.runId);
  removeOldRuns(options.root);
  let keepers: Keepers | undefined;
  try {
    const plan = planOf(parts, options, store, run);
    const file = configFile(run.dir, plan.name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(plan, null, 2)}\n`, { mode: 0o600 });
    keepers = startKeepers(run, parts.bounds.supervisorRestarts);
    const state = await untilReady(plan, keepers, parts.bounds.readyWithinMs, signal);
    return labOf(run, plan, keepers, state, options.hidesFaults === true);
  } catch (error) {
    await (keepers?.close() ?? closeBare(run));
    throw error;
  }
}

/** Without keepers there is a folder and nothing that runs: the run is over, and nobody need look for what it left. */
async function closeBare(run: RunFolder): Promise<void> {
  const { left } = await sweepRun(run.dir, run.runId, { withinMs: sweepWithinMs, spare: [process.pid] });
  if (left.length > 0) return;
  try {
    run.journal.closed();
  } catch {
    // The disk that refused the start refuses this too; then the doctor closes it.
  }
}

const planOf = (parts: LabParts, options: LabOptions, store: LabPlan["store"], run: RunFolder): LabPlan => ({
  name: "supervisor",
  eventsFile: eventsFile(run.dir, "supervisor"),
  supervisorSocket: null,
  logLevel: parts.logLevel,
  runId: run.runId,
  dir: run.dir,
  linkSocket: linkSocket(run.socketDir),
  partitions: options.partitions,
  roleInstances: options.roleInstances,
  faultPoints: options.faultPoints,
  keepsHistory: options.keepsHistory,
  store,
  seed: options.seed,
  tenants: [...options.tenants],
  settings: options.settings,
  programs: parts.programs,
  bounds: parts.bounds.supervision,
});

function labOf(run: RunFolder, plan: LabPlan, keepers: Keepers, ready: SupervisorState, hidesFaults: boolean): Lab {
  const { runId, dir, token, mapPublicKey, journal } = run;
  const processes = (): readonly NamedProcess[] => newestOf(readJournal(journalFile(dir))?.spawned ?? []);
  const instances = (): readonly LabInstance[] =>
    instancesOf(partitionIds(plan), readState(stateFile(dir)) ?? ready, processes());
  const urls = urlsOf(ready);
  writeLabFile({
    runId,
    dir,
    runner: identityOf(process.pid),
    urls,
    tokenFile: tokenFile(dir),
    eventsDir: eventsDir(dir),
    maildirsDir: maildirsDir(dir),
    partitions: [...partitionIds(plan)],
    judges: judges(plan.settings),
    hidesFaults,
    instances: [...instances()],
    processes: [...processes()],
  });
  // Nothing after it may throw: nobody else would end the watch.
  const watch = watchMachinery({
    processes,
    controlUrl: urls.control,
    faultUrl: urls.fault,
    linkSocket: plan.linkSocket,
    clock: systemClock,
  });
  keepers.lost.addEventListener("abort", () => watch.close());
  const close = (): Promise<SweepReport> => {
    watch.close();
    return keepers.close();
  };
  return {
    runId,
    dir,
    urls,
    token,
    mapPublicKey,
    partitions: partitionIds(plan),
    eventsDir: eventsDir(dir),
    maildirsDir: maildirsDir(dir),
    journal,
    lost: keepers.lost,
    ailing: () => watch.ailing(),
    instances,
    processes,
    spawnBeside: (order) => spawnBeside(run, plan.logLevel, order),
    close,
    [Symbol.asyncDispose]: async () => void (await close()),
  };
}

/** As auth and mail have it: with nobody to act on a judgement there is none. */
const judges = ({ guard }: LabSettings): boolean => guard.ejection !== "off" || guard.isolation !== "off";

function urlsOf({ ports }: SupervisorState): LabUrls {
  const at = (process: string, port: string): string => {
    const url = ports[process]?.ports[port];
    if (url === undefined) throw new LabStartError(`${process} serves no port named ${port}`);
    return url;
  };
  return {
    control: at("control", "service"),
    auth: at("auth", "service"),
    mx: at("mail", "mx"),
    submission: at("mail", "submission"),
    mailApi: at("mail", "api"),
    fault: at("fault", "api"),
  };
}
