/**
 * What a terminal shows of a drill that a person has in hand: what users of each partition have, once a second, and what
 * was ordered. What failed stays hidden, and when, until an order names it or its lease has ended; then everything that
 * was held back is told. Invariant: nothing that the drill knows and users do not feel is written before that.
 */
import { isRightOrder, type DrillObserver, type DrillOptions, type LiveFigures } from "@cordon/drill";
import type { Event, Instant } from "@cordon/model";
import { wrapped, wrappedTo } from "./layout.ts";

/** What is printed before such a run. Commands in it are spelled by whoever prints it. */
export function handsOnText({ drill, seed, profile }: Pick<DrillOptions, "drill" | "seed" | "profile">): string {
  const beginsSeconds = profile.warmSeconds + profile.steadySeconds;
  return [
    `${drill.id}   hands-on   seed ${seed}   ${profile.name}`,
    "",
    wrapped("", `About ${beginsSeconds} s after the load begins something fails. Find it, and free the others of it.`),
    wrapped(
      "",
      "The lines below are where to look: of each partition the sign-ins served in time / due. In a game day nobody " +
        "judges a partition, and status says `not judged` of each.",
    ),
    "In another terminal here:",
    "  cordon status       what your orders have come to",
    "  cordon isolate P    cut a partition off",
    "  cordon failover P   give a partition new role instances",
    "  cordon rejoin P     take an isolation back",
    wrapped("", `What fails heals by itself ${profile.faultSeconds} s after it began, whatever is done.`),
  ].join("\n");
}

/** `base`, with what would give the answer away held back. `write` gets lines of at most `columns`. */
export function handsOnObserver(
  base: DrillObserver,
  { drill }: Pick<DrillOptions, "drill">,
  write: (line: string) => void,
  columns: number,
): DrillObserver {
  const held: Event[] = [];
  let loadAt: Instant | undefined;
  let isTold = false;
  const tellAll: DrillObserver["event"] = (preset, event) => {
    isTold = true;
    for (const one of held.splice(0)) base.event(preset, one);
    base.event(preset, event);
  };
  return {
    ...base,
    phase(preset, phase, at) {
      base.phase(preset, phase, at);
      if (phase !== "warm") return;
      loadAt = at;
      write(wrappedTo(columns, "", legend));
    },
    event(preset, event) {
      if (isTold) return base.event(preset, event);
      if (event.kind === "fault-injected" || event.kind === "fault-proven") held.push(event);
      const isIn = held.some(({ kind }) => kind === "fault-injected");
      const isFound = isIn && isRightOrder(event, drill.failedPartition);
      if (isFound || event.kind === "fault-removed") tellAll(preset, event);
      else if (event.kind.startsWith("operator-")) base.event(preset, event);
    },
    live(_, figures) {
      if (loadAt !== undefined) write(liveLine(figures, loadAt, columns));
    },
  };
}

const legend =
  "of each partition: sign-ins served in time / due, then mails taken in time / due, in the last two seconds; " +
  "q: mails that wait in its lane";

/** Keeps a partition's figures on one line until the line is broken. */
const joint = "_";

/** `   12 s  p1 16/16 5/5  p3 4/16 2/5 q31`. */
function liveLine({ at, partitions }: LiveFigures, loadAt: Instant, columns: number): string {
  const cells = partitions.map(({ partition, signIns, mails, queued }) =>
    [
      partition,
      `${signIns.well}/${signIns.due}`,
      `${mails.well}/${mails.due}`,
      ...(queued === null || queued === 0 ? [] : [`q${queued}`]),
    ].join(joint),
  );
  const seconds = ((at - loadAt) / 1_000).toFixed(0).padStart(5);
  return wrappedTo(columns, `${seconds} s  `, cells.join("  ")).replaceAll(joint, " ");
}
