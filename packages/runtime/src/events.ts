/**
 * Events leave a process as lines appended to one file of its own. A line is written with a single synchronous append:
 * it is on the page cache when `emit` returns, so that a process killed in the next instruction has still said it, and a
 * reader that follows the file never meets half a line it cannot wait for.
 */
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock, Event, EventKind } from "@cordon/model";

export interface EventDetails {
  readonly partition?: Event["partition"];
  readonly instance?: Event["instance"];
  readonly operation?: Event["operation"];
  /** When it happened, if that was not just now. */
  readonly at?: number;
}

export interface Events {
  /** States that `kind` happened. `detail` is one line for a person. Never throws: a full disk must not stop the service. */
  emit(kind: EventKind, detail: string, about?: EventDetails): void;
}

export function createEvents(source: string, file: string, clock: Clock, onLost: (error: unknown) => void): Events {
  mkdirSync(dirname(file), { recursive: true });
  return {
    emit(kind, detail, about = {}) {
      const event = { at: clock.now(), source, kind, ...about, detail: detail.slice(0, 500) };
      try {
        appendFileSync(file, `${JSON.stringify(event)}\n`);
      } catch (error) {
        onLost(error);
      }
    },
  };
}
