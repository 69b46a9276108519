/**
 * What users of each partition have just now, from the schedule and from the answers there are so far: an attempt whose
 * time ran out without an answer counts as bad at once, and not only when the client gives up on it. An operator and the
 * conditions that end a run read these figures; the verdict reads none of them, and is made from the whole history.
 * Invariants: an attempt is looked at once its answer would be late, so that no figure changes afterwards; one outcome
 * an attempt. Kept bounded by the schedule itself.
 */
import type { Planned } from "@cordon/load";
import type { LabUser } from "@cordon/lab";
import type { HistoryRecord, Instant, PartitionId, Side } from "@cordon/model";

/** Attempts of one kind that were due in the span, and those of them that went well in time. */
export interface Tally {
  readonly due: number;
  readonly well: number;
}

export interface PartitionLive {
  readonly partition: PartitionId;
  readonly signIns: Tally;
  readonly mails: Tally;
  /** Mails that wait in its lane, as mail last said; null when it was not asked yet. */
  readonly queued: number | null;
}

export interface LiveFigures {
  readonly at: Instant;
  readonly partitions: readonly PartitionLive[];
  /** Users hurt since the injection, by the definition of the result; null before it. */
  readonly hurt: Side["hurt"] | null;
}

/** What is known while a side runs. */
export interface LiveInput {
  /** In order of time. */
  readonly planned: readonly Planned<LabUser>[];
  readonly startAt: Instant;
  /** `KIND ID` -> whether the attempt was served in time. */
  readonly ended: ReadonlyMap<string, boolean>;
  readonly queued: ReadonlyMap<PartitionId, number>;
  readonly partitions: readonly PartitionId[];
  readonly failed: PartitionId;
  readonly injectedAt: Instant | null;
  readonly lateMs: number;
}

/** The name of an attempt in `ended`. */
export const attemptName = (kind: "sign-in" | "mail", id: number): string => `${kind} ${id}`;

/** Whether an attempt's record says that it was served in time; undefined for a record of something else. */
export function servedIn(record: HistoryRecord, lateMs: number): { name: string; well: boolean } | undefined {
  if (record.type !== "sign-in" && record.type !== "mail") return undefined;
  const { type, id, outcome, endedAt, scheduledAt } = record;
  const served = outcome === "ok" || outcome === "degraded";
  return { name: attemptName(type, id), well: served && endedAt !== null && endedAt - scheduledAt <= lateMs };
}

/** The figures at `now`: of the attempts whose answers would have been late within the last `spanMs`. */
export function liveFigures(input: LiveInput, now: Instant, spanMs: number): LiveFigures {
  const upTo = now - input.lateMs;
  const dueAt = ({ offsetMs }: Planned<LabUser>): Instant => input.startAt + offsetMs;
  const recent = input.planned.filter((one) => dueAt(one) >= upTo - spanMs && dueAt(one) < upTo);
  const wentWell = ({ kind, id }: Planned<LabUser>): boolean => input.ended.get(attemptName(kind, id)) === true;
  const tally = (partition: PartitionId, kind: "sign-in" | "mail"): Tally => {
    const own = recent.filter((one) => one.kind === kind && one.user.partition === partition);
    return { due: own.length, well: own.filter(wentWell).length };
  };
  const { injectedAt } = input;
  return {
    at: now,
    partitions: input.partitions.map((partition) => ({
      partition,
      signIns: tally(partition, "sign-in"),
      mails: tally(partition, "mail"),
      queued: input.queued.get(partition) ?? null,
    })),
    hurt:
      injectedAt === null
        ? null
        : hurtAmong(
            input.planned.filter((one) => dueAt(one) >= injectedAt && dueAt(one) < upTo),
            wentWell,
            input.failed,
          ),
  };
}

/** Shares of the users who tried, 0 where nobody did: as `hurt` in the result. */
function hurtAmong(
  tried: readonly Planned<LabUser>[],
  wentWell: (one: Planned<LabUser>) => boolean,
  failed: PartitionId,
): Side["hurt"] {
  const share = (of: readonly Planned<LabUser>[]): number => {
    const users = new Set(of.map(({ user }) => user.address));
    const hurt = new Set(of.filter((one) => !wentWell(one)).map(({ user }) => user.address));
    return users.size === 0 ? 0 : hurt.size / users.size;
  };
  return {
    outside: share(tried.filter(({ user }) => user.partition !== failed)),
    inside: share(tried.filter(({ user }) => user.partition === failed)),
    overall: share(tried),
  };
}
