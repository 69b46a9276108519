/**
 * The wait for the first partition map. A process that has none yet, and no copy of one, can place nobody: it answers
 * what is temporary, and goes on asking control. That may last for as long as control is away, so it is not given up;
 * but a start that never gets ready must not be a riddle, so it is said aloud when it takes long, and again.
 * Invariant: between two words about it there is `everyMs`; nothing runs on once the map is there, and a wait
 * keeps no process alive.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "@cordon/runtime";
import type { PartitionClient } from "./answer.ts";

export interface FirstMapOptions {
  readonly client: Pick<PartitionClient, "ready">;
  readonly log: Pick<Log, "warn">;
  /** Base URL of the control that is asked for it; it goes into the log. */
  readonly controlUrl: string;
  /** What is said to users meanwhile, for the log: `sign-ins are answered 503`. */
  readonly meanwhile: string;
  readonly everyMs: number;
}

/** Resolves once a map is there, which it may be already. */
export async function firstMap({ client, log, controlUrl, meanwhile, everyMs }: FirstMapOptions): Promise<void> {
  const here = new AbortController();
  const tell = async (): Promise<void> => {
    for (;;) {
      await delay(everyMs, undefined, { ref: false, signal: here.signal });
      log.warn(
        { control: controlUrl },
        `there is no partition map yet, and no copy of one: ${meanwhile} until control has one`,
      );
    }
  };
  void tell().catch(() => {});
  await client.ready();
  here.abort();
}
