/**
 * What the sides together prove. `held` and `refuted` need a drill that could have gone the other way: a steady state, a
 * fault that bit and went, and a baseline that harmed users it need not have harmed. What fits several endings takes the
 * gravest exit code: an invariant broken on the candidate (6), aborted, invalid (5), refuted (4), held (0). Lost mail is
 * lost on a noisy host and in an invalid drill too.
 */
import type { Verdict } from "@cordon/model";
import type { JudgedSide } from "./side.ts";

/** A run cut short, with the exit code it ends with (130 for SIGINT, 143 for SIGTERM). */
export interface Abort {
  readonly reason: string;
  readonly exitCode: number;
}

/** The sides of a run and how they relate. Sides are found by preset, in whatever order they ran. */
export interface Judged {
  readonly sides: readonly JudgedSide[];
  readonly baseline: string;
  readonly candidate: string;
  /** Settings were changed by hand, so that the sides are no longer those of the drill. */
  readonly overridden: boolean;
  readonly abort: Abort | null;
  /** Why the last side has no history, though it or another came to its fault; null when all have one. */
  readonly unsound: string | null;
}

export interface Ruling {
  readonly control: { readonly valid: boolean; readonly broken: readonly string[] };
  readonly verdict: Verdict;
  readonly reason: string;
  readonly exitCode: number;
}

/** The verdict on a run. */
export function rule(judged: Judged): Ruling {
  const baseline = judged.sides.find(({ side }) => side.preset === judged.baseline);
  const candidate = judged.sides.find(({ side }) => side.preset === judged.candidate);
  const control = controlOf(baseline);
  const end = (verdict: Verdict, exitCode: number, reason: string): Ruling => ({ control, verdict, reason, exitCode });

  const wronged = candidate?.ended === true ? brokenOf(candidate).filter((limit) => limit.class === "invariant") : [];
  const account = wronged.map(({ title, measured }) => `${title}: ${measured}`).join(", ");
  const orders = judged.sides.flatMap(({ side, orders: given }) =>
    given.length === 0 ? [] : [`${given.join(", ")} (${side.preset})`],
  );
  if (judged.abort !== null) {
    const reason = [judged.abort.reason, ...(account === "" ? [] : [account]), ...orders].join("; ");
    return end("aborted", wronged.length > 0 ? exitCodes.invariant : judged.abort.exitCode, reason);
  }
  if (wronged.length > 0) return end("refuted", exitCodes.invariant, account);
  // What is wrong may be an operator's doing, as with a partition that was cut off before its fault: both are named.
  const invalid = (reason: string): Ruling => end("invalid", exitCodes.invalid, [reason, ...orders].join("; "));
  if (judged.unsound !== null) return invalid(judged.unsound);
  const flaw = judged.sides.flatMap(({ side, flaws }) => flaws.map((one) => ({ ...one, preset: side.preset })))[0];
  if (flaw !== undefined) return invalid(`${flaw.kind} (${flaw.preset}): ${flaw.detail}`);

  const byHand = [...(judged.overridden ? ["settings by hand"] : []), ...orders];
  const isCompared = baseline !== undefined && candidate !== undefined && baseline !== candidate && byHand.length === 0;
  if (isCompared && !control.valid) return invalid(uncontrolled(baseline, control.broken.length > 0));

  const judgedSide = candidate ?? judged.sides[0];
  if (judgedSide === undefined || judgedSide.side.limits.length === 0) return invalid("no side was held to any limit");
  const broken = brokenOf(judgedSide);
  const noise = judgedSide.noisyBy ?? judgedSide.crowdedBy;
  if (broken.length > 0 && noise !== null) return invalid(`noisy host (${judgedSide.side.preset}): ${noise}`);
  const outcome = broken.length === 0 ? "every limit held" : `broke ${broken.map(({ id }) => id).join(", ")}`;
  const exitCode = broken.length === 0 ? exitCodes.held : exitCodes.refuted;
  if (!isCompared) return end("exploratory", exitCode, `${byHand.join("; ") || "one side"}: ${outcome}`);
  return end(broken.length === 0 ? "held" : "refuted", exitCode, outcome);
}

/** Documented in the manual of the command. A run that a signal aborted brings its own. */
export const exitCodes = { held: 0, refuted: 4, invalid: 5, invariant: 6, stopped: 130 } as const;

const brokenOf = ({ side }: JudgedSide) => side.limits.filter((limit) => !limit.held);

/** The harm limits that the baseline broke beyond what failed. Under noise they are listed and not trusted. */
function controlOf(baseline: JudgedSide | undefined): Ruling["control"] {
  if (baseline === undefined) return { valid: false, broken: [] };
  const broken = baseline.harmBeyond;
  return { valid: broken.length > 0 && baseline.noisyBy === null, broken };
}

const uncontrolled = ({ side, noisyBy }: JudgedSide, didBreak: boolean): string =>
  didBreak
    ? `noisy host (${side.preset}): ${noisyBy ?? ""}`
    : `${side.preset} broke no harm limit beyond what failed: the drill proved nothing`;
