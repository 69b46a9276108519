/**
 * The account, checked while the service runs: every unit accepted and without a fate must be in the spool, be `queued` in
 * the ledger, and be held by a lane. A difference that lasts is a lost or a doubled mail in the making, and is said at
 * once rather than found by a customer.
 * Invariant: a difference counts only when it stood at two looks in a row with nothing changed between them, since a
 * transaction on its way makes the three differ for a moment.
 */
import type { Log } from "@cordon/runtime";

export interface Account {
  readonly spooled: number;
  readonly queued: number;
  readonly held: number;
}

export interface SelfCheck {
  /** False from the moment a lasting difference was seen until the three agree again. */
  balanced(): boolean;
  close(): void;
}

const same = (a: Account, b: Account): boolean => a.spooled === b.spooled && a.queued === b.queued && a.held === b.held;

/** Whether the account is wrong, given the look before. */
export const isUnbalanced = (before: Account, now: Account): boolean =>
  same(before, now) && (now.spooled !== now.queued || now.spooled !== now.held);

export function startSelfCheck(account: () => Account, everyMs: number, log: Log): SelfCheck {
  let before = account();
  let balanced = true;
  const timer = setInterval(() => {
    const now = account();
    const wrong = isUnbalanced(before, now);
    if (wrong && balanced) log.fatal({ ...now }, "the spool, the ledger and the lanes do not agree");
    balanced = !wrong;
    before = now;
  }, everyMs);
  timer.unref();
  return { balanced: () => balanced, close: () => clearInterval(timer) };
}
