/**
 * Conditions that end a run while its fault is on: `hurt-outside>20%`, `queued>5000`, `lost>0`. A game day on a host that
 * others need must be able to say beforehand how much is enough; nobody has to sit beside it with a hand on Ctrl-C.
 * A small closed grammar, FIGURE>NUMBER: whoever writes another word is told which there are, before anything starts.
 */
import type { LiveFigures } from "./live.ts";

const shares = ["hurt", "hurt-outside", "hurt-inside"] as const;
const counts = ["queued", "lost"] as const;
type Share = (typeof shares)[number];
type Count = (typeof counts)[number];

export type AbortCondition =
  | { readonly figure: Share; readonly above: number; readonly text: string }
  | { readonly figure: Count; readonly above: number; readonly text: string };

/** What may be written, for a person. */
export const abortGrammar =
  "hurt>20%, hurt-outside>20% or hurt-inside>20% (share of users hurt since the fault), " +
  "queued>5000 (mails waiting in all lanes) or lost>0 (accepted mails that are nowhere)";

/** The condition, or undefined when the text is none. */
export function parseAbortCondition(text: string): AbortCondition | undefined {
  const [, figure = "", number = "", unit] = /^\s*([a-z-]+)\s*>\s*(\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(text) ?? [];
  const value = Number(number);
  const share = shares.find((one) => one === figure);
  if (share !== undefined && unit === "%" && value < 100)
    return { figure: share, above: value / 100, text: text.trim() };
  const count = counts.find((one) => one === figure);
  if (count !== undefined && unit === "" && Number.isInteger(value))
    return { figure: count, above: value, text: text.trim() };
  return undefined;
}

/** What the conditions are held to. */
export interface Held {
  readonly live: LiveFigures;
  /** Accepted mails found nowhere; null when nobody looked, or the look failed. */
  readonly lost: number | null;
}

/** The first condition that is true, in words for a reason; undefined when none is, or the fault is not in yet. */
export function metBy(conditions: readonly AbortCondition[], held: Held): string | undefined {
  if (held.live.hurt === null) return undefined;
  for (const condition of conditions) {
    const measured = measuredOf(condition, held);
    if (measured !== null && measured > condition.above)
      return `${condition.text}: it was ${inWords(condition, measured)}`;
  }
  return undefined;
}

function measuredOf({ figure }: AbortCondition, { live, lost }: Held): number | null {
  switch (figure) {
    case "hurt":
      return live.hurt?.overall ?? null;
    case "hurt-outside":
      return live.hurt?.outside ?? null;
    case "hurt-inside":
      return live.hurt?.inside ?? null;
    case "queued":
      return live.partitions.reduce((sum, { queued }) => sum + (queued ?? 0), 0);
    case "lost":
      return lost;
  }
}

const inWords = ({ figure }: AbortCondition, measured: number): string =>
  (shares as readonly string[]).includes(figure) ? `${(measured * 100).toFixed(1)} %` : String(measured);

/** A mail that was accepted, by where it must be found again. */
export interface AcceptedMail {
  readonly headerId: string;
  readonly mailboxes: readonly string[];
}

/** One place where the audit found a mail. A fate of `delivered` counts only with its copy. */
export interface FoundMail {
  readonly headerId: string;
  readonly mailbox: string;
}

/** Mailboxes that should hold an accepted mail, or be named in the ledger with it, and do not. */
export function lostAmong(accepted: readonly AcceptedMail[], found: readonly FoundMail[]): number {
  const known = new Set(found.map(({ headerId, mailbox }) => `${headerId} ${mailbox}`));
  return accepted.flatMap(({ headerId, mailboxes }) =>
    mailboxes.filter((mailbox) => !known.has(`${headerId} ${mailbox}`)),
  ).length;
}
