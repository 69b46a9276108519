/**
 * What the guard costs a caller when nothing is wrong: CPU time of a look-up through the whole chain of partition-client
 * (route, isolation, bulkhead, breaker, evidence, hedge, exchange), beside the bare exchange, raw opossum and cockatiel,
 * in one run. The role instance is a process of its own; the rounds take the callers in turn, each beginning another way
 * round, so that whatever the host does meanwhile falls on all of them. Figures are medians over the rounds: one round
 * that was disturbed does not move them. Prints a table, and the same as one line of JSON.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { callersOf, type Caller } from "./callers.ts";

const rounds = 9;
const callsPerRound = 5_000;
const inFlight = 8;
const instances = 2;

interface Figures {
  readonly name: string;
  readonly guards: string;
  /** CPU microseconds of this process a call: smallest, middle and largest of the rounds. */
  readonly cpuUs: { readonly min: number; readonly median: number; readonly max: number };
  /** Median of what each round took more than its own bare exchanges. */
  readonly overBareUs: number;
}

/** CPU microseconds a call. */
async function measure(caller: Caller, calls: number): Promise<number> {
  let left = calls;
  const before = process.cpuUsage();
  const askOn = async (): Promise<void> => {
    while (left-- > 0) await caller.ask();
  };
  await Promise.all(Array.from({ length: inFlight }, askOn));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

/** What each caller took in each round, the callers' order turning from round to round. */
async function measureAll(callers: readonly Caller[]): Promise<ReadonlyMap<string, readonly number[]>> {
  for (const caller of callers) await measure(caller, callsPerRound);
  const taken = new Map<string, number[]>(callers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const turned = callers.map((_, index) => callers[(index + round) % callers.length] as Caller);
    for (const caller of turned) taken.get(caller.name)?.push(await measure(caller, callsPerRound));
  }
  return taken;
}

function figuresOf(callers: readonly Caller[], taken: ReadonlyMap<string, readonly number[]>): readonly Figures[] {
  const bare = taken.get("bare") ?? [];
  return callers.map(({ name, guards }) => {
    const values = taken.get(name) ?? [];
    const over = values.map((value, round) => value - (bare[round] ?? 0));
    return {
      name,
      guards,
      cpuUs: { min: Math.min(...values), median: median(values), max: Math.max(...values) },
      overBareUs: median(over),
    };
  });
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function table(figures: readonly Figures[]): string {
  const row = (name: string, cpu: string, spread: string, over: string, guards: string): string =>
    `${name.padEnd(10)} ${cpu.padStart(8)} ${spread.padStart(15)} ${over.padStart(9)}   ${guards}`;
  return [
    row("caller", "median", "min .. max", "over bare", "what stands before the exchange"),
    ...figures.map(({ name, guards, cpuUs: { min, median: middle, max }, overBareUs }) =>
      row(name, middle.toFixed(1), `${min.toFixed(1)} .. ${max.toFixed(1)}`, overBareUs.toFixed(1), guards),
    ),
  ].join("\n");
}

const role = fork(fileURLToPath(new URL("answering-role.ts", import.meta.url)), [String(instances)]);
try {
  const [ports] = (await once(role, "message")) as [number[]];
  await using closing = new AsyncDisposableStack();
  const callers = callersOf(ports.map((port) => `http://127.0.0.1:${port}`));
  for (const caller of callers) closing.use(caller);
  const figures = figuresOf(callers, await measureAll(callers));
  const host = { cpus: availableParallelism(), node: process.version };
  console.log(`guard-cost: CPU microseconds a look-up, ${rounds} rounds of ${callsPerRound}, ${inFlight} in flight`);
  console.log(table(figures));
  console.log(
    JSON.stringify({ bench: "guard-cost", unit: "CPU us/call", rounds, callsPerRound, inFlight, host, figures }),
  );
} finally {
  role.disconnect();
}
