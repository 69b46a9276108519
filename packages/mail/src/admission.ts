/**
 * SMTP's door, for one recipient: is its domain hosted here, does the directory know it, and has its lane room? The
 * decision is `policy/admission.ts`; this asks the questions, within a patience, and once.
 * Invariants: the door never waits longer than its patience, neither for one recipient nor for all of a transaction; a
 * partition that does not answer makes no refusal; a domain that is not hosted is refused without asking anybody.
 */
import { admitRecipient, type LaneFill, type RecipientSign } from "@cordon/policy";
import type { Address, AdmissionSettings, Clock, PartitionId } from "@cordon/model";
import type { PartitionClient } from "@cordon/partition-client";
import { readAddress } from "@cordon/runtime";

/** What SMTP says to one command, when that is not yes. */
export interface Reply {
  readonly kind: "reply";
  readonly code: number;
  /** RFC 3463. */
  readonly enhanced: string;
  readonly text: string;
}

export interface Admitted {
  readonly kind: "admitted";
  readonly address: Address;
  readonly partition: PartitionId;
}

export const reply = (code: number, enhanced: string, text: string): Reply => ({ kind: "reply", code, enhanced, text });

/** What is left of a transaction's patience for look-ups without an answer, milliseconds. Spent as it waits. */
export interface Patience {
  leftMs: number;
}

export interface Admission {
  /** Decides about the recipient `text`, as it stood in RCPT. */
  recipient(text: string, patience: Patience): Promise<Admitted | Reply>;
}

export function createAdmission(about: {
  readonly settings: AdmissionSettings | "off";
  readonly client: PartitionClient;
  readonly fill: (partition: PartitionId) => LaneFill;
  /** Whom the domainless `postmaster` stands for. */
  readonly postmaster: string;
  readonly clock: Clock;
}): Admission {
  const { settings, client, clock } = about;

  async function look(address: Address, patience: Patience): Promise<RecipientSign> {
    if (settings === "off" || patience.leftMs <= 0) return "not-asked";
    const from = clock.now();
    const deadline = from + Math.min(settings.recipientCheckMs, patience.leftMs);
    const answer = await client.lookup(address, { deadline });
    if (answer.kind === "answered") return answer.value.kind;
    patience.leftMs -= clock.now() - from;
    return "unavailable";
  }

  return {
    async recipient(text, patience) {
      const address = readAddress(text.toLowerCase() === "postmaster" ? about.postmaster : text);
      if (address === undefined) return reply(553, "5.1.3", "This is no address of a mailbox here");
      const place = client.locate(address.domain);
      if (place === undefined) return reply(451, "4.3.0", "The hosted domains are not known yet, try later");
      if (!place.hosted) return reply(550, "5.7.1", "The domain is not hosted here");
      const decision = admitRecipient(await look(address, patience), about.fill(place.partition));
      return decision.kind === "accept"
        ? { kind: "admitted", address, partition: place.partition }
        : reply(decision.code, decision.enhanced, decision.text);
    },
  };
}
