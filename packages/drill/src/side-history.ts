/**
 * The history of a side: what the generator, the reference, the processes, the proxies and the auditor wrote down, put
 * together as the kernel reads it. A last line that a kill cut off does not parse, and is left out; anything else that is
 * missing is missing in the verdict too, so a side with a source that cannot be read at all is lost.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Lab, Population } from "@cordon/lab";
import { createFaultClient } from "@cordon/fault";
import { EventSchema, HistoryRecordSchema, type Clock, type FateRecord, type HistoryRecord } from "@cordon/model";
import { createLineParser } from "@cordon/runtime";
import { audit } from "./audit.ts";
import { SideLost } from "./side-lost.ts";

/** Everything there is to know of the lab's run, once the load has ended and while its processes still answer. */
export async function collectHistory(
  lab: Lab,
  historyDir: string,
  population: Population,
  clock: Clock,
): Promise<readonly HistoryRecord[]> {
  const mailboxes = new Map(population.users.map(({ alias, address }) => [alias, address]));
  const found = await audit(lab.urls.mailApi, lab.maildirsDir, clock);
  return [
    ...(await exchangesOf(lab)),
    ...found.map((record) => (record.type === "fate" ? inMailbox(record, mailboxes) : record)),
    ...readHistoryFiles(historyDir),
    ...readEventFiles(lab.eventsDir),
  ];
}

/**
 * A mail that still waits for its look-up has no mailbox in the ledger, only the address it was sent to. When that is an
 * alias, the mailbox is the one the lab's directory was filled with: a mail that waits is not a mail that was lost.
 */
export const inMailbox = (fate: FateRecord, mailboxes: ReadonlyMap<string, string>): FateRecord => ({
  ...fate,
  mailbox: mailboxes.get(fate.mailbox) ?? fate.mailbox,
});

/** Exchanges by the second, of every proxy a role instance ever had. The proxy's name is the instance's id. */
async function exchangesOf(lab: Lab): Promise<readonly HistoryRecord[]> {
  const fault = createFaultClient(lab.urls.fault, 5_000);
  const proxies = await fault.proxies();
  if (proxies.kind !== "ok") throw uncounted(proxies.detail);
  const partitionOf = (name: string): string | undefined => /^(p\d+)[a-z]+$/.exec(name)?.[1];
  const records = await Promise.all(
    Object.keys(proxies.value).map(async (name) => {
      const partition = partitionOf(name);
      const seconds = await fault.seconds(name);
      if (partition === undefined) return [];
      if (seconds.kind !== "ok") throw uncounted(seconds.detail);
      return seconds.value.map(({ at, exchanges }): HistoryRecord => ({ type: "exchanges", at, partition, exchanges }));
    }),
  );
  return records.flat();
}

const uncounted = (detail: string): SideLost =>
  new SideLost("the fault proxies did not answer", `what they counted cannot be read (${detail})`);

const parseRecord = createLineParser(HistoryRecordSchema);
const parseEvent = createLineParser(EventSchema);

/** The records of every history file of a side so far. */
export function readHistoryFiles(dir: string): readonly HistoryRecord[] {
  return readLines(dir)
    .map((line) => parseRecord(line))
    .filter((record) => record !== undefined);
}

function readEventFiles(dir: string): readonly HistoryRecord[] {
  return readLines(dir)
    .map((line) => parseEvent(line))
    .filter((event) => event !== undefined)
    .map((event) => ({ type: "event", event }));
}

/** The lines of every .ndjson file in a directory. A last line that was cut off by a kill does not parse, and is left out. */
function readLines(dir: string): readonly string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir)
    .filter((file) => file.endsWith(".ndjson"))
    .flatMap((file) => readFileSync(join(dir, file), "utf8").split("\n"))
    .filter((line) => line !== "");
}
