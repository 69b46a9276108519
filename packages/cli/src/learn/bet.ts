/**
 * The bet: two numbers a learner commits to before the run, at the terminal or by `--bet`. Who has guessed remembers the
 * answer; so the run does not begin without.
 */
import { createInterface, type Interface } from "node:readline/promises";
import { endings, Refusal } from "../exit.ts";
import { wrapped } from "../layout.ts";
import type { Bet } from "./progress.ts";

const bounds = { hurtOutside: 100, mailSeconds: 1_000_000 } as const;
/** Answers that are no number, before the questions are given up. */
const triesAQuestion = 3;

/** As in `--bet 80,30`. Throws a Refusal. */
export function parseBet(text: string): Bet {
  const [hurt, mail, ...more] = text.split(",");
  const bet = { hurtOutside: numberIn(hurt, bounds.hurtOutside), mailSeconds: numberIn(mail, bounds.mailSeconds) };
  if (more.length === 0 && bet.hurtOutside !== undefined && bet.mailSeconds !== undefined)
    return { hurtOutside: bet.hurtOutside, mailSeconds: bet.mailSeconds };
  throw new Refusal(
    `--bet ${text}: give two numbers, users hurt of a hundred (0 to 100) and seconds, as in --bet 80,30`,
    endings.usage,
  );
}

function numberIn(text: string | undefined, most: number): number | undefined {
  const said = (text ?? "").trim();
  return /^\d+(?:\.\d+)?$/.test(said) && Number(said) <= most ? Number(said) : undefined;
}

/** Where nobody sits at a terminal, a bet is an option. */
export const nobodyBets = (): Refusal =>
  new Refusal("nobody sits at a terminal to bet; give the bet as an option: --bet 80,30", endings.usage);

/** A terminal that answers questions; undefined where nobody sits at one. Ctrl-C at a question is a SIGINT. */
export function openTerminal(): Interface | undefined {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  terminal.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  return terminal;
}

/** Asks both questions. Throws a Refusal when there is nobody to answer; the reason of `signal` when that aborts. */
export async function askBet(terminal: Interface | undefined, signal: AbortSignal): Promise<Bet> {
  if (terminal === undefined) throw nobodyBets();
  return {
    hurtOutside: await askNumber(terminal, "1. of a hundred users outside p3, hurt: ", bounds.hurtOutside, signal),
    mailSeconds: await askNumber(terminal, "2. seconds until the last delayed mail: ", bounds.mailSeconds, signal),
  };
}

async function askNumber(terminal: Interface, question: string, most: number, signal: AbortSignal): Promise<number> {
  for (let tried = 0; tried < triesAQuestion; tried++) {
    const value = numberIn(await ask(terminal, question, signal), most);
    if (value !== undefined) return value;
    process.stderr.write(`${wrapped("   ", `a number from 0 to ${most}, please`)}\n`);
  }
  throw new Refusal("no bet was made; make it as an option: --bet 80,30", endings.usage);
}

/** The answer to a question; a terminal that is closed (Ctrl-D) gives none. */
export async function ask(terminal: Interface, question: string, signal: AbortSignal): Promise<string> {
  const { promise: closed, resolve } = Promise.withResolvers<undefined>();
  const onClose = (): void => resolve(undefined);
  terminal.once("close", onClose);
  try {
    const answer = await Promise.race([terminal.question(question, { signal }), closed]);
    if (answer === undefined)
      throw new Refusal("nobody answers; give the answers as options: --bet 80,30 --yes", endings.usage);
    return answer;
  } finally {
    terminal.off("close", onClose);
  }
}
