/**
 * Which lines of the revocation log are still needed. A fallback that vouches nine hours into an outage goes by this log,
 * and so does the door when a user was locked out while the partition was silent; but a log that keeps every change of
 * every password for ever is full one day, and then nobody can be disabled. A reader only asks two things of an address:
 * the newest credential epoch, and whether a disable or delete stands. So a line may go when a later line of its address
 * has made it moot, or when it is older than any credential that it could speak against.
 * Invariants: a lock that stands is never forgotten; of an address two lines are held at most; whoever reads what is left
 * knows of each address what whoever read all of it knows, older epochs than `keepMs` apart.
 */
import type { Revocation, WallTime } from "@cordon/model";

/** What the log holds of one address, by revision. */
export interface HeldLines {
  readonly newest: number;
  /** The disable or delete that no later line has lifted; it may be the newest. Null: nothing locks the user out. */
  readonly lock: number | null;
}

/** After one more line of an address: what is held of it, and the revisions that are moot. */
export function holdLine(
  held: HeldLines | undefined,
  line: Pick<Revocation, "revision" | "reason">,
): { readonly held: HeldLines; readonly moot: readonly number[] } {
  const next: HeldLines = { newest: line.revision, lock: lockAfter(held, line) };
  const before = held === undefined ? [] : [...new Set([held.newest, held.lock])];
  return { held: next, moot: before.filter((revision) => revision !== null && revision !== next.lock) as number[] };
}

/** A new password lifts no lock: only an enable does. */
function lockAfter(held: HeldLines | undefined, line: Pick<Revocation, "revision" | "reason">): number | null {
  switch (line.reason) {
    case "disabled":
    case "deleted":
      return line.revision;
    case "enabled":
      return null;
    case "password-changed":
      return held?.lock ?? null;
  }
}

/** Whether a held line speaks against no credential any more. `keepMs`: longer than any credential may vouch. */
export const isSpent = (
  line: Pick<Revocation, "revision" | "at">,
  held: HeldLines | undefined,
  keepMs: number,
  now: WallTime,
): boolean => held?.lock !== line.revision && now - line.at > keepMs;
