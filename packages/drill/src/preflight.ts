/**
 * What must be so before anything is broken. The checks of the ground are made before the first process is started, each
 * under a name and with what it found, so that a run that cannot be sound costs a second and says what to mend; what shows
 * itself later (a lab that does not start, no steady state) loses the side. Either way the run ends without
 * a verdict: nothing was injected, and there is nothing to judge. `examine` decides, `readGround` looks.
 */
import { existsSync, statfsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { linkSocket, runDir, runDirs, runStateIn, type RunState } from "@cordon/lab";
import type { Clock } from "@cordon/model";
import { hasProc, othersShareOf, readCores } from "@cordon/runtime";
import { quietHost } from "./drill.ts";
import type { FaultKind } from "./faults.ts";

export interface PreflightCheck {
  readonly name: "cores" | "load" | "proc" | "sockets" | "temp" | "disk" | "labs";
  /** A warning lets the run go on; its verdict may come out as invalid. */
  readonly state: "ok" | "warning" | "failed";
  /** What was found and, unless all is well, what to do. */
  readonly detail: string;
}

/** What the checks look at. */
export interface Ground {
  readonly cores: number;
  /** Share of all cores that others were busy with, a moment before; null where the machine does not tell. */
  readonly othersShare: number | null;
  readonly hasProc: boolean;
  /** The longest path of a unix socket that the run will make. */
  readonly socketPath: string;
  /** The folder for what must have a short path, and what went wrong when it was tried; null when nothing did. */
  readonly temporary: { readonly folder: string; readonly flaw: string | null };
  /** Free bytes where the run writes, by folder. */
  readonly freeBytes: Readonly<Record<string, number>>;
  /** Folders of this very run (its seed and sides) that are there already, and what became of that run. */
  readonly earlier: readonly { readonly runId: string; readonly state: RunState }[];
  /** Other runs that live under the same root. */
  readonly others: readonly string[];
  /** Other runs under the same root that nobody looks after any more: their processes may still be there. */
  readonly abandoned: readonly string[];
}

/** A unix socket's path, at most: macOS gives it 104 bytes with the last one zero, Linux four more. */
const maxSocketPathBytes = 103;
/** A quick side leaves 7 MB and a full one some ten times that; a drill must never be the one to fill a disk. */
const minFreeMb = 256;
/** What a quick run takes and what it needs beside it to stay undisturbed. */
const wantedCores = 2;

/** The checks, in the order they are told. */
export function examine(ground: Ground, fault: FaultKind): readonly PreflightCheck[] {
  return [
    coresCheck(ground),
    loadCheck(ground),
    procCheck(ground, fault),
    socketsCheck(ground),
    tempCheck(ground),
    diskCheck(ground),
    labsCheck(ground),
  ];
}

/** The checks of the places that a run writes to: what a lab that no drill is made on needs as well. */
export async function examinePlaces(root: string): Promise<readonly PreflightCheck[]> {
  const ground = { ...(await readGround(root, root, [])), othersShare: null };
  return [socketsCheck(ground), tempCheck(ground), diskCheck(ground)];
}

function coresCheck({ cores }: Ground): PreflightCheck {
  const name = "cores";
  if (cores >= wantedCores) return { name, state: "ok", detail: `${cores} cores` };
  return { name, state: "warning", detail: `${cores} core: the host may come out as noisy; ${wantedCores} are enough` };
}

function loadCheck({ othersShare }: Ground): PreflightCheck {
  const name = "load";
  if (othersShare === null)
    return { name, state: "warning", detail: "what others take of the cores cannot be told here" };
  const detail = `other processes take ${(othersShare * 100).toFixed(0)} % of all cores`;
  if (othersShare <= quietHost.othersShare) return { name, state: "ok", detail };
  return { name, state: "warning", detail: `${detail}: the run may prove nothing; let them end, and try again` };
}

function procCheck(ground: Ground, fault: FaultKind): PreflightCheck {
  const name = "proc";
  if (ground.hasProc) return { name, state: "ok", detail: "/proc tells processes apart" };
  if (fault.kind === "frozen-instance")
    return { name, state: "failed", detail: "no /proc here: freezing a process needs Linux; take another variant" };
  return { name, state: "warning", detail: "no /proc here: processes are known by pid alone, host load is not seen" };
}

function socketsCheck({ socketPath }: Ground): PreflightCheck {
  const name = "sockets";
  const bytes = Buffer.byteLength(socketPath);
  const detail = `socket path of ${bytes} bytes, ${maxSocketPathBytes} fit`;
  if (bytes <= maxSocketPathBytes) return { name, state: "ok", detail };
  return { name, state: "failed", detail: `${detail}: set TMPDIR to a shorter folder` };
}

function tempCheck({ temporary: { folder, flaw } }: Ground): PreflightCheck {
  const name = "temp";
  if (flaw === null) return { name, state: "ok", detail: `${folder} takes files and sockets` };
  return { name, state: "failed", detail: `${flaw}: set TMPDIR to a folder that takes files and unix sockets` };
}

function diskCheck({ freeBytes }: Ground): PreflightCheck {
  const name = "disk";
  const [least] = Object.entries(freeBytes).toSorted(([, one], [, other]) => one - other);
  if (least === undefined) return { name, state: "warning", detail: "free disk cannot be told here" };
  const [folder, bytes] = least;
  const detail = `${Math.floor(bytes / 1_000_000)} MB of disk free, ${minFreeMb} wanted`;
  if (bytes >= minFreeMb * 1_000_000) return { name, state: "ok", detail };
  return { name, state: "failed", detail: `${detail}: make room in ${folder}` };
}

function labsCheck({ earlier, others, abandoned: strays }: Ground): PreflightCheck {
  const name = "labs";
  const of = (state: RunState): string | undefined => earlier.find((run) => run.state === state)?.runId;
  const living = of("living");
  if (living !== undefined)
    return { name, state: "failed", detail: `${living} is running: wait for it, or take another --seed` };
  const abandoned = of("abandoned") ?? strays[0];
  if (abandoned !== undefined)
    return { name, state: "failed", detail: `${abandoned} was left behind by a killed run; run: cordon doctor` };
  if (others.length > 0)
    return { name, state: "warning", detail: `${others.join(", ")} runs here too: each disturbs the other` };
  return { name, state: "ok", detail: "no other lab runs here" };
}

/** Long enough for the kernel's ticks of 10 ms to tell a busy machine from an idle one. */
const loadLookMs = 500;

/** What others take of the cores just now, as a share of all; null where the machine does not tell. */
export async function othersShareNow(clock: Clock): Promise<number | null> {
  const own = [{ pid: process.pid }];
  const before = readCores(own, clock.now());
  if (before.busyMs === undefined) return null;
  await delay(loadLookMs);
  return othersShareOf(before, readCores(own, clock.now())) ?? null;
}

/** Looks at the machine, at the folders `root` and `out`, and at the runs named. */
export async function readGround(
  root: string,
  out: string,
  runIds: readonly string[],
): Promise<Omit<Ground, "othersShare">> {
  // Whatever became of it: a run that is only starting disturbs as much as one that is ready.
  const others = (state: RunState): readonly string[] =>
    runDirs(root)
      .filter((dir) => runStateIn(dir) === state)
      .map((dir) => basename(dir))
      .filter((runId) => !runIds.includes(runId));
  return {
    cores: availableParallelism(),
    hasProc: hasProc(),
    socketPath: linkSocket(join(tmpdir(), "cordon-00000000")),
    temporary: { folder: tmpdir(), flaw: await flawOfTemporary(tmpdir()) },
    freeBytes: Object.fromEntries([root, out].flatMap((folder) => freeBytesOf(resolve(root, folder)))),
    earlier: runIds.flatMap((runId) => {
      const dir = runDir(root, runId);
      return existsSync(dir) ? [{ runId, state: runStateIn(dir) }] : [];
    }),
    others: others("living"),
    abandoned: others("abandoned"),
  };
}

/** What goes wrong when a file and a unix socket are made in `folder`, in words; null when nothing does. */
export async function flawOfTemporary(folder: string): Promise<string | null> {
  await using scope = new AsyncDisposableStack();
  let step = "nothing can be written to";
  try {
    const dir = await mkdtemp(join(folder, "cordon-try-"));
    scope.defer(() => rm(dir, { recursive: true, force: true }));
    await writeFile(join(dir, "file"), "tried");
    step = "no unix socket can be made in";
    await listenOn(join(dir, "link"), scope);
    return null;
  } catch (error) {
    const why = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return `${step} ${folder}${why}`;
  }
}

/** Listens on a unix socket until `scope` ends. */
function listenOn(path: string, scope: AsyncDisposableStack): Promise<void> {
  const server = scope.use(createServer());
  return new Promise((resolvePromise, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolvePromise());
  });
}

/** Room in the file system of `folder`, or of the folder it will be made in; nothing where the system does not tell. */
function freeBytesOf(folder: string): readonly (readonly [string, number])[] {
  let there = folder;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  try {
    const { bavail, bsize } = statfsSync(there);
    return [[folder, bavail * bsize]];
  } catch {
    return [];
  }
}
