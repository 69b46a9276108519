/**
 * A process that is measured: started from a file of bench/children, put on a core, told what to do by
 * messages, and asked what CPU time it took. It ends when its parent does, whatever the parent dies of, because its
 * channel then closes; and one that does not end when it is told to is killed, by the pid it was started with.
 * Invariant: when a child has been disposed of it is dead.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { pin, type Place } from "./pinning.ts";

/** How long a child may take to be ready, to answer an order, and to end. */
const readyWithinMs = 20_000;
const answerWithinMs = 120_000;
const endsWithinMs = 3_000;

export interface Child<Ready> extends AsyncDisposable {
  readonly ready: Ready;
  readonly pid: number;
  readonly pinned: boolean;
  /** Sends an order and resolves with its answer. One at a time. */
  order<Answer>(order: object): Promise<Answer>;
  /** The same of a child whose event loop may stand still: undefined when it has not answered within `withinMs`. */
  tryOrder<Answer>(order: object, withinMs: number): Promise<Answer | undefined>;
  /** CPU microseconds it has taken so far. */
  readonly cpuUs: () => Promise<number>;
}

/** Starts bench/children/`file` with `args` as JSON, and waits until it says that it is ready. */
export async function startChild<Ready>(file: string, args: object, place: Place): Promise<Child<Ready>> {
  const program = fileURLToPath(new URL(`../children/${file}`, import.meta.url));
  const child = fork(program, [JSON.stringify(args)]);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} could not be started`);
  const pinned = pin(pid, place);
  try {
    const said = await nextMessage(child, file, readyWithinMs);
    if (said === silent) throw new Error(`${file} was not ready within ${readyWithinMs} ms`);
    const ready = said as Ready;
    const tryOrder = async <Answer>(what: object, withinMs: number): Promise<Answer | undefined> => {
      child.send(what);
      const answer = await nextMessage(child, file, withinMs);
      return answer === silent ? undefined : (answer as Answer);
    };
    const order = async <Answer>(what: object): Promise<Answer> => {
      const answer = await tryOrder<Answer>(what, answerWithinMs);
      if (answer === undefined) throw new Error(`${file} did not answer within ${answerWithinMs} ms`);
      return answer;
    };
    return {
      ready,
      pid,
      pinned,
      order,
      tryOrder,
      cpuUs: () => order<number>({ do: "cpu" }),
      [Symbol.asyncDispose]: () => end(child),
    };
  } catch (error) {
    await end(child);
    throw error;
  }
}

const silent = Symbol("silent");

/** The child's next message, or `silent` when it says nothing in time; rejects when it ends first. */
function nextMessage(child: ChildProcess, file: string, withinMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      clearTimeout(timer);
      child.off("message", said);
      child.off("exit", ended);
    };
    const said = (message: unknown): void => {
      over();
      resolve(message);
    };
    const ended = (code: number | null): void => {
      over();
      reject(new Error(`${file} ended with ${code ?? "a signal"} before it answered`));
    };
    const timer = setTimeout(() => said(silent), withinMs);
    child.on("message", said);
    child.on("exit", ended);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  const kill = setTimeout(() => void child.kill("SIGKILL"), endsWithinMs);
  await exited;
  clearTimeout(kill);
}
