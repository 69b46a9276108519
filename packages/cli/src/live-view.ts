/**
 * The live state of a lab while `cordon up` runs. On a terminal it is one block that is drawn anew when an event comes,
 * and once a second for the figures; elsewhere it is one plain line for each partition whose state has changed, with the
 * seconds since the beginning, so that a log reads as a history. Events are followed, never asked for.
 */
import { clearScreenDown, moveCursor } from "node:readline";
import type { WriteStream } from "node:tty";
import { followEvents, type LabFile } from "@cordon/lab";
import type { Clock, Event, PartitionId } from "@cordon/model";
import { createFigures, noFigures } from "./live-figures.ts";
import { cutTo, headLine, lineOf, linesOf, servicesLines } from "./live-lines.ts";
import { quietLab, stepLab, type LabState } from "./live-state.ts";

const lookEveryMs = 1_000;
const unknownColumns = 80;

export interface LiveView {
  close(): void;
}

/** Shows `lab` on `out` from now on. */
export function showLive(lab: LabFile, out: NodeJS.WriteStream, clock: Clock): LiveView {
  return out.isTTY ? drawBlock(lab, out, clock) : tellChanges(lab, out, clock);
}

/** The state of `lab` as its processes have told it so far. */
export function stateNow(lab: LabFile): LabState {
  let state = quietLab(lab.partitions);
  followLab(lab, (next) => (state = next))();
  return state;
}

/** Follows the state, from what was said so far. The function that is returned ends it. */
function followLab(lab: LabFile, onState: (state: LabState) => void): () => void {
  const early: Event[] = [];
  let state: LabState | undefined;
  const stop = followEvents(lab.eventsDir, (event) => {
    if (state === undefined) early.push(event);
    else onState((state = stepLab(state, event)));
  });
  // What stands in the files already came file by file: between files, time alone says what was first.
  state = early.toSorted((one, other) => one.at - other.at).reduce(stepLab, quietLab(lab.partitions));
  onState(state);
  return stop;
}

function drawBlock(lab: LabFile, out: WriteStream, clock: Clock): LiveView {
  const figures = createFigures(lab);
  let counted = noFigures;
  let state = quietLab(lab.partitions);
  let drawn = 0;
  let isLooking = false;
  let isClosed = false;
  const draw = (): void => {
    if (isClosed) return;
    // A terminal that does not say how wide it is says 0. The last column is left free: some terminals wrap there.
    const columns = out.columns > 0 ? out.columns - 1 : unknownColumns;
    const lines = [
      headLine,
      ...linesOf(state, counted.partitions, { judges: lab.judges, columns, lead: "" }),
      ...servicesLines(counted.services, columns),
      "",
      "Ctrl-C ends the lab",
    ].flatMap((line) => line.split("\n"));
    if (drawn > 0) moveCursor(out, 0, -drawn);
    clearScreenDown(out);
    out.write(`${lines.map((line) => cutTo(columns, line)).join("\n")}\n`);
    drawn = lines.length;
  };
  const look = (): void => {
    if (isLooking) return;
    isLooking = true;
    void figures.look(clock.now()).then((found) => {
      isLooking = false;
      counted = found;
      draw();
    });
  };
  const stop = followLab(lab, (next) => {
    state = next;
    draw();
  });
  look();
  const timer = setInterval(look, lookEveryMs);
  return {
    close() {
      isClosed = true;
      clearInterval(timer);
      stop();
    },
  };
}

function tellChanges(lab: LabFile, out: NodeJS.WritableStream, clock: Clock): LiveView {
  const began = clock.now();
  const told = new Map<PartitionId, string>();
  const stop = followLab(lab, (state) => {
    for (const [id, partition] of state) {
      const form = { judges: lab.judges, columns: unknownColumns };
      const line = lineOf(id, partition, undefined, { ...form, lead: "" });
      if (told.get(id) === line) continue;
      told.set(id, line);
      const lead = `${((clock.now() - began) / 1_000).toFixed(1).padStart(7)} s  `;
      out.write(`${lineOf(id, partition, undefined, { ...form, lead })}\n`);
    }
  });
  return { close: stop };
}
