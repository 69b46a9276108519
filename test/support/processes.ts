/**
 * What is left of a run, seen from outside and without a word from the run itself: processes that carry its mark or stand
 * in its journal, sockets it listened on, its socket folder. Needs /proc.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { readStat, startTicksOf } from "@cordon/runtime";

export interface SeenProcess {
  readonly pid: number;
  readonly name: string;
  /** The kernel's letter; `T` is stopped. */
  readonly state: string;
}

/** The living processes whose run's folder lies under `root`, by their environment. */
export function processesUnder(root: string): readonly SeenProcess[] {
  return readdirSync("/proc")
    .filter((entry) => /^[1-9]\d*$/.test(entry))
    .flatMap((entry) => {
      const variables = new Map(
        textOf(`/proc/${entry}/environ`)
          .split("\0")
          .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
      );
      const isOfRun = variables.has("CORDON_RUN") && variables.get("CORDON_LAB")?.startsWith(`${root}/`) === true;
      return isOfRun ? (seen(Number(entry), variables.get("CORDON_PROCESS") ?? "?") ?? []) : [];
    });
}

/** What the journals of the runs under `root` name: processes that live, and folders of sockets that are there. */
export function journalledUnder(root: string): {
  readonly living: readonly SeenProcess[];
  readonly folders: readonly string[];
} {
  const records = journalsUnder(root).flatMap((file) => textOf(file).split("\n").flatMap(recordOf));
  return {
    living: records.flatMap(({ pid, startTicks, name }) =>
      pid !== undefined && startTicks !== undefined && startTicksOf(pid) === startTicks
        ? (seen(pid, name ?? "frozen") ?? [])
        : [],
    ),
    folders: records.flatMap(({ path }) => (path !== undefined && existsSync(path) ? [path] : [])),
  };
}

/** The inodes of the sockets `pid` listens on with TCP. Inodes are not used again while a machine runs, as ports are. */
export function listeningInodes(pid: number): readonly string[] {
  const listening = listeningNow();
  const folder = `/proc/${pid}/fd`;
  return namesIn(folder).flatMap((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(join(folder, fd)))?.[1];
    return inode !== undefined && listening.has(inode) ? [inode] : [];
  });
}

/** The inodes of every socket of this machine that listens with TCP. */
export function listeningNow(): ReadonlySet<string> {
  const listen = "0A";
  return new Set(
    ["/proc/net/tcp", "/proc/net/tcp6"]
      .flatMap((file) => textOf(file).split("\n").slice(1))
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === listen)
      .flatMap((fields) => fields[9] ?? []),
  );
}

interface JournalLine {
  readonly pid?: number;
  readonly startTicks?: number;
  readonly name?: string;
  readonly path?: string;
}

function journalsUnder(root: string): readonly string[] {
  const labs = join(root, ".cordon", "labs");
  return namesIn(labs).map((name) => join(labs, name, "journal.ndjson"));
}

function recordOf(line: string): readonly JournalLine[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as JournalLine];
  } catch {
    // A writer was killed in the middle of it.
    return [];
  }
}

/** Undefined: it has ended, or is dead and not yet reaped. */
function seen(pid: number, name: string): SeenProcess | undefined {
  const state = readStat(pid)?.state;
  return state === undefined || state === "Z" || state === "X" ? undefined : { pid, name, state };
}

const textOf = (file: string): string => quietly(() => readFileSync(file, "latin1"), "");
const linkOf = (file: string): string => quietly(() => readlinkSync(file), "");
const namesIn = (folder: string): readonly string[] => quietly(() => readdirSync(folder), []);

/** What is looked at may end while it is looked at. */
function quietly<T>(look: () => T, otherwise: T): T {
  try {
    return look();
  } catch {
    return otherwise;
  }
}
