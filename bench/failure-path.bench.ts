/**
 * What one failed call costs a caller that has seen 1,000, 10,000 and 100,000 calls lately. In an outage nearly every call
 * fails, so a failure whose price grows with what was seen before stalls the event loop just then. Each caller is asked
 * until it has seen so many, then the role instances answer 503 for a few calls, which are what is measured.
 */
import type { CallerArgs, CallerOrder, CallerSeen } from "./children/caller.ts";
import type { CallerName } from "./children/callers.ts";
import type { RoleArgs, RoleOrder, RoleReady } from "./children/answering-role.ts";
import { startChild } from "./support/child.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant } from "./support/rounds.ts";

const rounds = roundsOf(process.argv, 5);
const inFlight = 8;
const samples = [1_000, 10_000, 100_000] as const;
/** Few enough to stay below every share that would open or eject anything. */
const failedCalls = 40;

const contents: readonly (readonly [CallerName, string])[] = [
  ["opossum, long window", "opossum with its defaults, but a window that forgets nothing meanwhile"],
  ["opossum, lean, long window", "the same without percentiles and snapshots"],
  [
    "cordon, long window",
    "the whole chain of partition-client, but windows that forget nothing meanwhile, no retry, and nobody red for a row of misses",
  ],
];

await using scope = new AsyncDisposableStack();
const role = scope.use(await startChild<RoleReady>("answering-role.ts", { instances: 2 } satisfies RoleArgs, "other"));
const answerWith = (status: RoleOrder["status"]): Promise<string> =>
  role.order<string>({ do: "answer-with", status } satisfies RoleOrder);

const contestants: Contestant[] = [];
for (const [name, contains] of contents) {
  const args: CallerArgs = { name, services: role.ready };
  const child = scope.use(await startChild("caller.ts", args, "measured"));
  const order = (what: CallerOrder): Promise<CallerSeen> => child.order<CallerSeen>(what);
  contestants.push({
    name,
    contains,
    reference: undefined,
    async measure() {
      await order({ do: "renew" });
      const reading: Record<string, number> = {};
      let seen = 0;
      for (const count of samples) {
        await order({ do: "calls", calls: count - seen, inFlight });
        await answerWith(503);
        const { cpuUs, failed } = await order({ do: "calls", calls: failedCalls, inFlight });
        await answerWith(200);
        if (failed !== failedCalls) throw new Error(`${name}: ${failedCalls - failed} calls did not fail`);
        reading[`after${count}`] = cpuUs / failedCalls;
        seen = count + failedCalls;
      }
      return reading;
    },
  });
}
printReport(
  {
    bench: "failure-path",
    title: "what a failed call costs, by how many calls the window holds",
    rounds,
    units: Object.fromEntries(samples.map((count) => [`after${count}`, "CPU us a failed call"])),
    rows: await measureRounds(contestants, rounds),
    notes: [],
    pinned: role.pinned,
    columns: samples.map((count) => ({
      heading: `us at ${count.toLocaleString("en-GB")}`,
      figure: `after${count}`,
      show: "median",
      digits: 0,
    })),
  },
  process.argv,
);
