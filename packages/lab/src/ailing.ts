/**
 * Whether the machinery of a lab still answers: control, the fault proxies, the supervisor and the guardian. A drill
 * leans on them, and where the fence is off nobody replaces one that is frozen: without a word about it the runner would
 * wait for an answer that never comes, and what it measured meanwhile would prove nothing. The services themselves are no
 * part of it: that they fail is what a drill is about.
 * The kernel is asked first, since it knows who is stopped or gone; who should answer is then asked for an answer, in a
 * bounded time. A supervisor is asked by a stranger's hello on its socket: one that lives hangs up on it at once.
 * Invariants: nobody is called ailing after one look, for a process may be busy, or between two lives; one good look
 * clears it.
 */
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock, Instant } from "@cordon/model";
import { hasProc, isAlive, stateOf } from "@cordon/runtime";
import type { NamedProcess } from "./journal.ts";

/** A part of the machinery that a run cannot go on without. */
export interface Ailing {
  readonly name: string;
  /** For how long it has been so, milliseconds. */
  readonly sinceMs: number;
  /** For a person: `is stopped`, `does not answer`. */
  readonly why: string;
}

export interface Watch {
  ailing(): readonly Ailing[];
  /** Nobody is looked at any more. */
  close(): void;
}

/** How often everybody is looked at, and how long an answer may take. */
const lookEveryMs = 500;
const askWithinMs = 1_000;

/** Where to ask each of them; undefined: the kernel's word is enough. */
type Ask = ((withinMs: number) => Promise<boolean>) | undefined;

/** Looks at the machinery from now on; its timers keep no process alive. `processes` are the newest of each name. */
export function watchMachinery(parts: {
  readonly processes: () => readonly NamedProcess[];
  readonly controlUrl: string;
  readonly faultUrl: string;
  readonly linkSocket: string;
  readonly clock: Clock;
}): Watch {
  const { clock } = parts;
  const asks: Readonly<Record<string, Ask>> = {
    control: (withinMs) => answers(new URL("/health", parts.controlUrl), withinMs),
    fault: (withinMs) => answers(new URL("/version", parts.faultUrl), withinMs),
    supervisor: (withinMs) => hangsUp(parts.linkSocket, withinMs),
    guardian: undefined,
  };
  const signs = new Map<string, Sign>();
  const ended = new AbortController();

  const look = async (name: string, ask: Ask): Promise<void> => {
    const process = parts.processes().find((one) => one.name === name);
    const began = clock.now();
    const why = await wrongWith(process, ask);
    signs.set(name, stepSign(signs.get(name) ?? well, why, began));
  };
  const keepLooking = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      await Promise.all(Object.entries(asks).map(([name, ask]) => look(name, ask)));
      await delay(lookEveryMs, undefined, { ref: false, signal: ended.signal }).catch(() => {});
    }
  };
  void keepLooking();
  return {
    ailing() {
      if (ended.signal.aborted) return [];
      return Object.keys(asks).flatMap((name) => {
        const sign = signs.get(name);
        if (sign?.state !== "ailing") return [];
        return [{ name, sinceMs: Math.round(clock.now() - sign.since), why: sign.why }];
      });
    },
    close: () => ended.abort(),
  };
}

export type Sign =
  | { readonly state: "well" }
  /** One look found it wanting. */
  | { readonly state: "doubtful"; readonly since: Instant }
  | { readonly state: "ailing"; readonly since: Instant; readonly why: string };

export const well: Sign = { state: "well" };

/** After one more look, begun at `at`; `why` is what was wrong with it, undefined when nothing was. */
export function stepSign(sign: Sign, why: string | undefined, at: Instant): Sign {
  if (why === undefined) return well;
  switch (sign.state) {
    case "well":
      return { state: "doubtful", since: at };
    case "doubtful":
    case "ailing":
      return { state: "ailing", since: sign.since, why };
  }
}

async function wrongWith(process: NamedProcess | undefined, ask: Ask): Promise<string | undefined> {
  // Without /proc nobody can be seen to be stopped; he does not answer then, which is seen.
  const state = process === undefined || !isAlive(process) ? "gone" : hasProc() ? stateOf(process) : "running";
  switch (state) {
    case "gone":
      return "has ended";
    case "frozen":
      return "is stopped";
    case "running":
      return ask === undefined || (await ask(askWithinMs)) ? undefined : "does not answer";
  }
}

const answers = (url: URL, withinMs: number): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(withinMs) }).then(
    async (response) => {
      await response.arrayBuffer();
      return true;
    },
    () => false,
  );

/** Whether whoever listens on this unix socket hangs up on a line that is none, as a supervisor does. */
function hangsUp(path: string, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(() => end(false), withinMs);
    const end = (is: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(is);
    };
    socket.on("connect", () => socket.write("a stranger\n"));
    socket.on("error", () => end(false));
    socket.on("close", () => end(true));
    socket.resume();
  });
}
