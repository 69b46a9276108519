/**
 * How the command ends. The codes are a contract (docs/drills): scripts and game days branch on them. The last line on
 * stderr says the code and its word, so that a log tells it too.
 */

/** What a run of the command came to. */
export interface Ending {
  readonly code: number;
  /** `held`, `refuted`, `usage`, ..; one or a few words. */
  readonly word: string;
}

export const endings = {
  ok: { code: 0, word: "ok" },
  internal: { code: 1, word: "internal error" },
  usage: { code: 2, word: "usage or configuration" },
  preflight: { code: 3, word: "preflight failed, nothing injected" },
} as const satisfies Record<string, Ending>;

/**
 * How a series ends that a failed preflight cut short: the part of it that comes after `before` others. Those may have
 * injected, so it speaks of its own alone; the first is like any run.
 */
export const preflightAfter = (part: "run" | "side", before: number): Ending =>
  before === 0
    ? endings.preflight
    : { ...endings.preflight, word: `preflight of ${part} ${before + 1} failed; it injected nothing` };

/** A refusal whose message is for the user: printed without a stack, and the command ends as `ending` says. */
export class Refusal extends Error {
  readonly ending: Ending;
  constructor(message: string, ending: Ending) {
    super(message);
    this.name = "Refusal";
    this.ending = ending;
  }
}

/** What is said, and how a command ends, when processes of a lab are left that the system did not let go. */
export const notEnded = (left: readonly { readonly name: string; readonly pid: number }[]): Refusal =>
  new Refusal(
    `these could not be ended: ${left.map(({ name, pid }) => `${name} (${pid})`).join(", ")}; run: cordon doctor`,
    endings.internal,
  );

/** The first signal ends the work in order; `reason` is what the kernel puts into the result. */
export function onSignals(): { readonly signal: AbortSignal; readonly received: () => Ending | undefined } {
  const controller = new AbortController();
  let ending: Ending | undefined;
  const codes = { SIGINT: 130, SIGTERM: 143 } as const;
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    // Further signals are heard and change nothing: clearing away is bounded, and must not be cut short.
    process.on(name, () => {
      ending ??= { code: codes[name], word: `interrupted by ${name}, everything rolled back` };
      controller.abort({ reason: `interrupted by ${name}`, exitCode: codes[name] });
    });
  }
  return { signal: controller.signal, received: () => ending };
}
