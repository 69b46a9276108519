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
  unsaid: { code: 1, word: "what was asked for could not be written" },
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

/** How a command ends that a signal ended. */
const signalEndings = {
  SIGINT: { code: 130, word: "interrupted by SIGINT, everything rolled back" },
  SIGTERM: { code: 143, word: "interrupted by SIGTERM, everything rolled back" },
} as const satisfies Record<string, Ending>;
type EndingSignal = keyof typeof signalEndings;

/** Who hears a signal. As long as nothing was begun that has to be ended in order, it ends the command at once. */
let hears = (name: EndingSignal): void => {
  const { code, word } = signalEndings[name];
  process.stderr.write(`exit ${code}: ${word}\n`);
  process.exit(code);
};
let isListening = false;

/** Hears signals from now on. Further ones are heard and change nothing: clearing away is bounded, and must not be cut short. */
export function listenForSignals(): void {
  if (isListening) return;
  isListening = true;
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => hears(name));
}

/** The first signal ends the work in order; `reason` is what the kernel puts into the result. */
export function onSignals(): { readonly signal: AbortSignal; readonly received: () => Ending | undefined } {
  const controller = new AbortController();
  let ending: Ending | undefined;
  hears = (name) => {
    ending ??= signalEndings[name];
    controller.abort({ reason: `interrupted by ${name}`, exitCode: signalEndings[name].code });
  };
  listenForSignals();
  return { signal: controller.signal, received: () => ending };
}
