/**
 * What a sign-in costs the front door when nothing is wrong, beside the same door of plain Fastify: one that answers by
 * itself, and one that asks the same role instances for the same password check. The check is a real argon2id hash on
 * one core, which bounds the rate of all doors that make it; the figure judged is the door's own CPU time.
 */
import { settingsOf } from "@cordon/lab";
import type { ReferenceArgs, ReferenceReady } from "./children/http-reference.ts";
import { oneCoreSeats, startBenchLab } from "./support/bench-lab.ts";
import { startChild } from "./support/child.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant } from "./support/rounds.ts";
import { signIns } from "./support/sign-ins.ts";

const rounds = roundsOf(process.argv, 5);
const seconds = 4;
const connections = 8;
const partitions = 4;
const users = 64;

await using bench = await startBenchLab(oneCoreSeats(settingsOf("on", [])), partitions, users);
const { lab, services } = bench;
await using alone = await startChild<ReferenceReady>(
  "http-reference.ts",
  { kind: "alone" } satisfies ReferenceArgs,
  "measured",
);
await using hop = await startChild<ReferenceReady>(
  "http-reference.ts",
  { kind: "hop", services } satisfies ReferenceArgs,
  "measured",
);

/** `cpuUs`: of the door; the rest of the lab is counted beside it. */
const contestant = (
  about: Pick<Contestant, "name" | "contains" | "reference">,
  door: string,
  cpuUs: () => number | Promise<number>,
): Contestant => ({
  ...about,
  async measure() {
    const before = [await cpuUs(), bench.labCpuUs()] as const;
    const seen = await signIns(door, bench.users, connections, seconds);
    const after = [await cpuUs(), bench.labCpuUs()] as const;
    if (seen.answered === 0) throw new Error(`${about.name}: nobody signed in`);
    const { perSecond, p50Ms, p99Ms, answered, failed } = seen;
    const [door_, lab_] = [(after[0] - before[0]) / answered, (after[1] - before[1]) / answered];
    return { door: door_, lab: lab_, rate: perSecond, p50: p50Ms, p99: p99Ms, failed };
  },
});

const rows = await measureRounds(
  [
    contestant(
      {
        name: "fastify",
        contains: "Fastify with the schemas of a sign-in and a prepared answer; nobody is asked",
        reference: undefined,
      },
      alone.ready,
      alone.cpuUs,
    ),
    contestant(
      {
        name: "fastify + hop",
        contains:
          "the same, asking one role instance of the user's partition with undici's request through the same fault proxy; no token signed",
        reference: "fastify",
      },
      hop.ready,
      hop.cpuUs,
    ),
    contestant(
      {
        name: "cordon",
        contains:
          "auth in a lab of 4 x 2 role instances, preset on: guard, canaries (32 a second), revocations, token signed (EdDSA), credential kept for the fallback on disk",
        reference: "fastify + hop",
      },
      lab.urls.auth,
      () => bench.cpuUs("auth"),
    ),
  ],
  rounds,
);
printReport(
  {
    bench: "sign-in-steady",
    title: `sign-ins over HTTP, closed loop: ${connections} connections, ${seconds} s a round`,
    rounds,
    units: {
      door: "CPU us of the front door a sign-in",
      lab: "CPU us of the whole lab a sign-in",
      rate: "sign-ins a second",
      p50: "ms",
      p99: "ms",
      failed: "sign-ins of a round that were not answered with 200",
    },
    rows,
    notes: ["over: the median of the differences within a round, to fastify for the hop, to the hop for cordon."],
    pinned: bench.pinned,
    columns: [
      { heading: "door us", figure: "door", show: "median", digits: 0 },
      { heading: "min .. max", figure: "door", show: "range", digits: 0 },
      { heading: "over", figure: "door", show: "over", digits: 0 },
      { heading: "lab us", figure: "lab", show: "median", digits: 0 },
      { heading: "a second", figure: "rate", show: "median", digits: 0 },
      { heading: "p99 ms", figure: "p99", show: "median", digits: 0 },
      { heading: "failed", figure: "failed", show: "median", digits: 0 },
    ],
  },
  process.argv,
);
