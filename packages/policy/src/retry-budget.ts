/**
 * Whether a retry, or a hedge, may be sent at all. Tokens are earned by first tries and spent by second ones, so load
 * on a partition in trouble grows by a known share and not by a factor: three fixed retries on each of two hops would
 * ask a hung partition sixteen times over. Saved-up tokens are bounded, and a budget begins full.
 * Invariants: 0 <= tokens <= reserve; over any history, second tries <= reserve + ratio * first tries. Tokens are
 * counted in whole millionths, so that no rounding ever gives one away.
 */
import type { RetrySettings } from "@cordon/model";

/** Millionths of a token; `"unbounded"` is what the protection being off means. */
export type TokenBudget = { readonly kind: "bounded"; readonly millionths: number } | { readonly kind: "unbounded" };

/** `ratio` tokens earned by each first try, at most `reserve` saved; or `"off"`. */
export type BudgetSettings = RetrySettings["budget"];

const whole = 1_000_000;

/** A budget nothing has been spent of. */
export const fullBudget = (settings: BudgetSettings): TokenBudget =>
  settings === "off" ? { kind: "unbounded" } : { kind: "bounded", millionths: settings.reserve * whole };

/** The budget after a first try. */
export function earnToken(budget: TokenBudget, settings: BudgetSettings): TokenBudget {
  if (budget.kind === "unbounded" || settings === "off") return budget;
  const full = settings.reserve * whole;
  if (budget.millionths === full) return budget; // as it is nearly always
  return { kind: "bounded", millionths: Math.min(full, budget.millionths + Math.floor(settings.ratio * whole)) };
}

/** The budget after a second try, or `undefined` when there is no token for one: then it is not sent. */
export function spendToken(budget: TokenBudget): TokenBudget | undefined {
  if (budget.kind === "unbounded") return budget;
  return budget.millionths < whole ? undefined : { kind: "bounded", millionths: budget.millionths - whole };
}
