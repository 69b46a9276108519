/**
 * The journal of a run: one line of JSON for each thing that somebody else may have to undo, appended before it is done.
 * Whoever spawns writes the intention first and the (pid, start time) at once after; whoever freezes writes before the
 * signal. So at any moment at which a writer can be killed, the journal together with the mark that every process of a
 * run carries (marks.ts) names everything that is left. Lines survive a SIGKILL of the writer: they are on the page
 * cache, and a reboot ends the processes too; so a journal from before it, or from another machine, names nobody. A torn
 * last line is what was not done yet, and is passed over.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { Type, type Static } from "typebox";
import { createLineParser, isAlive, processSpace, type ProcessIdentity } from "@cordon/runtime";

const Identity = { pid: Type.Integer({ minimum: 1 }), startTicks: Type.Integer({ minimum: 0 }) };

const RecordSchema = Type.Union([
  /** The run begins; it is over when this runner is. `space`: where the pids of this journal are pids. */
  Type.Object({
    record: Type.Literal("begin"),
    runId: Type.String(),
    runner: Type.Object(Identity),
    space: Type.Optional(Type.String()),
  }),
  /** A process of this name is about to be started. */
  Type.Object({ record: Type.Literal("intent"), name: Type.String() }),
  Type.Object({ record: Type.Literal("spawned"), name: Type.String(), ...Identity }),
  /** A process is about to be stopped; to undo: SIGCONT. */
  Type.Object({ record: Type.Literal("frozen"), ...Identity }),
  /** A folder outside the run's own is about to be made; to undo: remove it. */
  Type.Object({ record: Type.Literal("socket-dir"), path: Type.String() }),
  /** Nothing of the run is left. */
  Type.Object({ record: Type.Literal("closed") }),
]);
type JournalRecord = Static<typeof RecordSchema>;

export interface NamedProcess extends ProcessIdentity {
  readonly name: string;
}

/** One writer's end. Every call has written when it returns; it throws when the disk refuses, and then nothing is done. */
export interface Journal {
  begin(runId: string, runner: ProcessIdentity): void;
  intend(name: string): void;
  spawned(process: NamedProcess): void;
  /** Call it before SIGSTOP. */
  frozen(identity: ProcessIdentity): void;
  socketDir(path: string): void;
  closed(): void;
}

/** What a journal says, read at one moment. */
export interface JournalView {
  readonly runId: string;
  readonly runner: ProcessIdentity;
  /** Whether the runner lives. Not when the journal is another boot's or another machine's. */
  readonly runnerLives: boolean;
  /** Every process that was ever started, oldest first; most are dead. Empty when the journal comes from elsewhere: its pids are others' here. */
  readonly spawned: readonly NamedProcess[];
  readonly frozen: readonly ProcessIdentity[];
  /** Intentions that no start followed: processes that may exist and are known by their mark only. */
  readonly intended: readonly string[];
  readonly socketDirs: readonly string[];
  readonly closed: boolean;
}

export function openJournal(file: string): Journal {
  // It begins with a line break, too: a line that another writer was killed in must not swallow this one.
  const write = (record: JournalRecord): void => appendFileSync(file, `\n${JSON.stringify(record)}\n`, { mode: 0o600 });
  return {
    begin(runId, { pid, startTicks }) {
      const space = processSpace();
      write({ record: "begin", runId, runner: { pid, startTicks }, ...(space !== undefined && { space }) });
    },
    intend: (name) => write({ record: "intent", name }),
    spawned: ({ name, pid, startTicks }) => write({ record: "spawned", name, pid, startTicks }),
    frozen: ({ pid, startTicks }) => write({ record: "frozen", pid, startTicks }),
    socketDir: (path) => write({ record: "socket-dir", path }),
    closed: () => write({ record: "closed" }),
  };
}

const parse = createLineParser(RecordSchema);

/** The journal in `file`, or undefined when there is none, or none with a beginning. */
export function readJournal(file: string): JournalView | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  const records = text.split("\n").flatMap((line) => parse(line) ?? []);
  const begin = records.find((record) => record.record === "begin");
  if (begin === undefined) return undefined;
  const intended = new Map<string, number>();
  const count = (name: string, by: number): unknown => intended.set(name, (intended.get(name) ?? 0) + by);
  const view = {
    spawned: [] as NamedProcess[],
    frozen: [] as ProcessIdentity[],
    socketDirs: [] as string[],
    closed: false,
  };
  for (const record of records) {
    switch (record.record) {
      case "begin":
        break;
      case "intent":
        count(record.name, 1);
        break;
      case "spawned":
        count(record.name, -1);
        view.spawned.push({ name: record.name, pid: record.pid, startTicks: record.startTicks });
        break;
      case "frozen":
        view.frozen.push({ pid: record.pid, startTicks: record.startTicks });
        break;
      case "socket-dir":
        view.socketDirs.push(record.path);
        break;
      case "closed":
        view.closed = true;
    }
  }
  const isFromHere = begin.space === processSpace();
  if (!isFromHere) view.spawned = view.frozen = [];
  const runnerLives = isFromHere && isAlive(begin.runner);
  const open = [...intended].filter(([, left]) => left > 0).map(([name]) => name);
  return { runId: begin.runId, runner: begin.runner, runnerLives, intended: open, ...view };
}

/** The newest process of each name. A process that was given another name since (a spare that took over) has that one alone. */
export function newestOf(spawned: readonly NamedProcess[]): readonly NamedProcess[] {
  const nameOf = new Map(spawned.map(({ pid, startTicks, name }) => [`${pid}:${startTicks}`, name]));
  const current = spawned.filter(({ pid, startTicks, name }) => nameOf.get(`${pid}:${startTicks}`) === name);
  return [...new Map(current.map((process) => [process.name, process])).values()];
}
