/**
 * The live figures of a side, once a second: the generator's file is read as it grows, and of the samples that are noted
 * anyway the newest of each lane is taken. Reading costs what was written since the last look.
 */
import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { partitionIds, type Population } from "@cordon/lab";
import { planWorkload } from "@cordon/load";
import { HistoryRecordSchema, type HistoryRecord, type Instant } from "@cordon/model";
import { createLineParser, createLineSplitter } from "@cordon/runtime";
import type { AcceptedMail } from "./abort-when.ts";
import { client } from "./drill.ts";
import { workloadPlan } from "./experiment.ts";
import { liveFigures, servedIn, type LiveFigures } from "./live.ts";
import type { SideOptions } from "./side.ts";

const lookEveryMs = 1_000;
/** What the figures of one look are about. */
const spanMs = 2_000;
const chunkBytes = 65_536;
/** Longest line kept for; a record of an attempt has some 300. */
const maxLineBytes = 65_536;

export interface LiveSide {
  readonly options: SideOptions;
  readonly population: Population;
  readonly historyDir: string;
  /** What the drill itself has noted so far. */
  readonly records: readonly HistoryRecord[];
}

/** Hears the figures, and every mail that was accepted so far. It must not throw. */
export type LiveListener = (figures: LiveFigures, accepted: readonly AcceptedMail[]) => void;

/** Tells the figures from the moment the load begins until it is disposed of. */
export function watchLive(side: LiveSide, tell: LiveListener): Disposable {
  const { options, population, historyDir, records } = side;
  const planned = planWorkload(workloadPlan(options.profile, options.seed), population.users);
  const ended = new Map<string, boolean>();
  const accepted: AcceptedMail[] = [];
  const file = followRecords(join(historyDir, "workload.ndjson"), (record) => {
    const served = servedIn(record, client.lateMs);
    if (served !== undefined) ended.set(served.name, served.well);
    if (record.type === "mail" && record.outcome === "ok") accepted.push(record);
  });
  const timer = setInterval(() => {
    const startAt = records.find((record) => record.type === "phase" && record.phase === "warm");
    if (startAt?.type !== "phase") return;
    file.read();
    const input = {
      planned,
      startAt: startAt.at,
      ended,
      queued: newestQueues(records),
      partitions: partitionIds(options.profile),
      failed: options.drill.failedPartition,
      injectedAt: injectedAtIn(records),
      lateMs: client.lateMs,
    };
    tell(liveFigures(input, options.clock.now(), spanMs), accepted);
  }, lookEveryMs);
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      file.close();
    },
  };
}

const newestQueues = (records: readonly HistoryRecord[]): ReadonlyMap<string, number> =>
  new Map(records.flatMap((record) => (record.type === "queue" ? [[record.partition, record.queued] as const] : [])));

const injectedAtIn = (records: readonly HistoryRecord[]): Instant | null =>
  records.flatMap((one) => (one.type === "fault" && one.step === "injected" ? [one.at] : []))[0] ?? null;

/** Reads what was added to a file of records since the last time; a file that is not there yet has none. */
function followRecords(path: string, onRecord: (record: HistoryRecord) => void) {
  const parse = createLineParser(HistoryRecordSchema);
  const splitter = createLineSplitter(maxLineBytes, (line) => {
    const record = parse(line);
    if (record !== undefined) onRecord(record);
  });
  const buffer = Buffer.alloc(chunkBytes);
  let fd: number | undefined;
  let position = 0;
  return {
    read() {
      if (fd === undefined && !existsSync(path)) return;
      fd ??= openSync(path, "r");
      for (;;) {
        const bytes = readSync(fd, buffer, 0, chunkBytes, position);
        if (bytes === 0 || !splitter.push(buffer.subarray(0, bytes))) return;
        position += bytes;
      }
    },
    close() {
      if (fd !== undefined) closeSync(fd);
    },
  };
}
