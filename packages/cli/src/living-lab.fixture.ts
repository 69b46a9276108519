/**
 * Folders of labs that live as far as any command can see, with this process as their runner and nobody behind their
 * addresses: what a command says of a lab before it asks one of its processes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { journalFile, openJournal, runDir, type LabFile } from "@cordon/lab";
import type { Event, Proxy } from "@cordon/model";
import { identityOf } from "@cordon/runtime";
import { serve, type SmallServer } from "./small-server.fixture.ts";

const nowhere = "http://127.0.0.1:9";

export interface LivingLab {
  readonly judges: boolean;
  readonly hidesFaults: boolean;
  /** How many users it was filled with; undefined: it is not filled yet. */
  readonly users: number | undefined;
  /** Base URL of its fault proxies. */
  readonly fault: string;
  readonly events: readonly Event[];
  /** Grows with each lab that is started. */
  readonly startTicks: number;
}

export const plainLab: LivingLab = {
  judges: true,
  hidesFaults: false,
  users: 4,
  fault: nowhere,
  events: [],
  startTicks: 1,
};

/** Makes such a lab under `root`; returns its folder. */
export function makeLivingLab(root: string, runId: string, living: LivingLab): string {
  const dir = runDir(root, runId);
  const { judges, hidesFaults, users, fault, events, startTicks } = living;
  const lab: LabFile = {
    runId,
    dir,
    runner: identityOf(process.pid),
    urls: { control: nowhere, auth: nowhere, mx: "127.0.0.1:9", submission: "127.0.0.1:9", mailApi: nowhere, fault },
    tokenFile: join(dir, "token"),
    eventsDir: join(dir, "events"),
    maildirsDir: join(dir, "maildirs"),
    partitions: ["p1", "p2"],
    judges,
    hidesFaults,
    instances: [],
    processes: [{ name: "auth", pid: process.pid, startTicks }],
  };
  mkdirSync(lab.eventsDir, { recursive: true });
  openJournal(journalFile(dir)).begin(runId, lab.runner);
  writeFileSync(join(dir, "lab.json"), JSON.stringify(lab));
  if (users !== undefined) writeFileSync(join(dir, "population.json"), JSON.stringify({ users }));
  writeFileSync(join(lab.eventsDir, "auth.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  return dir;
}

/** Fault proxies that have a silent toxic on each of `proxies`, and no more to say. */
export async function silentProxies(proxies: readonly string[]): Promise<SmallServer> {
  const toxic = { type: "silent" as const, name: "mute", stream: "downstream" as const };
  const toxics = [{ ...toxic, toxicity: 1, attributes: {}, leaseMs: 9_000, leaseLeftMs: 9_000, applied: 0 }];
  const bytes = { bytesUp: 0, bytesDown: 0, deliveredUp: 0, deliveredDown: 0 };
  const counters = { connections: 0, open: 0, exchanges: 0, ...bytes, applied: {} };
  const ends = { listen: "127.0.0.1:1", upstream: "127.0.0.1:2", enabled: true };
  const all = proxies.map((name): [string, Proxy] => [name, { name, ...ends, toxics, counters }]);
  return serve((_, response) => response.end(JSON.stringify(Object.fromEntries(all))));
}
