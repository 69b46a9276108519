/**
 * One attempt at one unit, from top to bottom: count it, look its address up, and then expand, deliver, bounce or put off.
 * A lane calls this when it may, and is told what is left to do.
 * Invariants: the count is on the disk before anything is tried; only a definite refusal or the expiry bounces; a fate is
 * recorded after the mail is in the Maildir and never before, so that a crash between repeats a harmless step.
 */
import { defer, type Lane } from "@cordon/policy";
import type { Clock, DeferralSettings } from "@cordon/model";
import type { PartitionClient } from "@cordon/partition-client";
import type { Log } from "@cordon/runtime";
import { expired, type BounceMaker, type Refusal } from "./bounce.ts";
import type { ExpansionBounds } from "./config.ts";
import { traceHeaders } from "./headers.ts";
import { putIntoMaildir } from "./maildir.ts";
import { resolve } from "./recipients.ts";
import type { DeferralCause, Settlement, Spool, Unit } from "./spool.ts";

/** What the lane has to do after an attempt. */
export type AttemptEnd =
  /** The unit has its fate; `made` came of it. */
  | { readonly kind: "gone"; readonly made: readonly Unit[] }
  /** To be tried again at its `notBefore`, or once what it is `deferredFor` is there. */
  | { readonly kind: "waits"; readonly unit: Unit };

export interface Attempts {
  /** `laneNow` says the state of the unit's lane when it is asked. Never rejects. */
  make(unit: Unit, laneNow: () => Lane["state"]): Promise<AttemptEnd>;
  /** Whether the unit is past its time. */
  isExpired(unit: Unit): boolean;
  /** Bounces a unit that is past its time, without an attempt. Never rejects. */
  expire(unit: Unit): Promise<AttemptEnd>;
}

/** How long a unit waits when the spool itself could not record what became of it. */
const spoolPauseMs = 1000;

export function createAttempts(about: {
  readonly spool: Spool;
  readonly client: PartitionClient;
  readonly bounces: BounceMaker;
  readonly deferral: DeferralSettings;
  readonly expansion: ExpansionBounds;
  readonly maildirs: string;
  readonly hostname: string;
  /** Whether the lane of each of these partitions has room for what an expansion would add. */
  readonly hasRoom: (partitions: readonly string[]) => boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}): Attempts {
  const { spool, clock, log } = about;

  async function settle(unit: Unit, settlement: Settlement): Promise<AttemptEnd> {
    const settled = await spool.settle(unit, settlement);
    if (settled.kind === "unavailable") return pause(unit, settled.detail);
    const [later] = settled.value;
    if (settlement.do === "retry" && later !== undefined) return { kind: "waits", unit: later };
    return { kind: "gone", made: settled.value };
  }

  /** The spool could not write: the unit stays as it stands there, and is taken up again from memory. */
  const pause = (unit: Unit, detail: string): AttemptEnd => {
    log.error({ unit: unit.id, detail }, "the spool could not record an attempt");
    return { kind: "waits", unit: { ...unit, notBefore: clock.wall() + spoolPauseMs, deferredFor: "other" } };
  };

  const bounce = (unit: Unit, refusal: Refusal): Promise<AttemptEnd> => {
    const stored = spool.read(unit.message);
    const notice = stored === undefined ? null : about.bounces.notice(stored, unit, refusal);
    log.info({ unit: unit.id, status: refusal.enhanced, told: notice !== null }, "a mail is bounced");
    return settle(unit, { do: "bounced", notice });
  };

  /** `lane`: its state counts only where the partition was the cause, for only then has the mail not been tried. */
  const putOff = (unit: Unit, lane: Lane["state"], cause: DeferralCause, detail: string) => {
    log.debug({ unit: unit.id, detail }, "a mail is put off");
    const counted = { acceptedAt: unit.acceptedWall, attempts: unit.attempts - 1 };
    const decision = defer(about.deferral, counted, lane, about.random(), clock.wall());
    if (decision.do === "bounce") return bounce(unit, expired);
    return settle(unit, { ...decision, cause });
  };

  async function deliver(unit: Unit, mailbox: string): Promise<AttemptEnd> {
    const stored = spool.read(unit.message);
    if (stored === undefined) throw new Error(`the spool has no message for ${unit.id}`);
    const { message, sender, acceptedWall, trace } = stored.envelope;
    const headers = traceHeaders({ message, sender, mailbox, hostname: about.hostname, acceptedWall, trace });
    const file = { root: about.maildirs, mailbox, message, attempt: unit.id, triedBefore: unit.attempts > 1 };
    try {
      await putIntoMaildir(file, [headers, stored.body]);
    } catch (error) {
      log.error({ err: error, unit: unit.id }, "a Maildir could not be written");
      return putOff(unit, "flowing", "other", "the Maildir could not be written");
    }
    return settle(unit, { do: "delivered", mailbox });
  }

  async function tryOnce(waiting: Unit, laneNow: () => Lane["state"]): Promise<AttemptEnd> {
    const begun = await spool.begin(waiting);
    if (begun.kind === "unavailable") return pause(waiting, begun.detail);
    const unit = begun.value;
    const found = await resolve(about.client, unit, about.expansion);
    switch (found.kind) {
      case "mailbox":
        return deliver(unit, found.mailbox);
      case "refused":
        return bounce(unit, found);
      case "unavailable":
        return putOff(unit, laneNow(), "partition", found.detail);
      case "expanded":
        if (spool.unitsOf(unit.message) + found.children.length > about.expansion.units)
          return bounce(unit, { enhanced: "5.5.3", text: "The message would go to too many recipients" });
        if (!about.hasRoom(found.children.map(({ partition }) => partition)))
          return putOff(unit, "flowing", "other", "a lane is full");
        return settle(unit, { do: "expanded", children: found.children });
    }
  }

  /** A fault of ours puts the unit off, as an error nobody foresaw is temporary. It may have been tried: it is counted. */
  const guarded = async (unit: Unit, work: () => Promise<AttemptEnd>): Promise<AttemptEnd> => {
    try {
      return await work();
    } catch (error) {
      log.error({ err: error, unit: unit.id }, "an attempt failed");
      const notBefore = clock.wall() + about.deferral.maxMs;
      return { kind: "waits", unit: { ...unit, attempts: unit.attempts + 1, notBefore, deferredFor: "other" } };
    }
  };

  return {
    make: (unit, laneNow) => guarded(unit, () => tryOnce(unit, laneNow)),
    isExpired: (unit) => clock.wall() >= unit.acceptedWall + about.deferral.expireMs,
    expire: (unit) => guarded(unit, () => bounce(unit, expired)),
  };
}
