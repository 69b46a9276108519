/**
 * What a message of 4 KiB costs the mail service, from MAIL to the Maildir, beside a server of the same library that asks
 * the directory the same question and keeps nothing. Cordon's 250 follows the flush of its spool, and the delivery that
 * comes after it is counted too: a round ends when nothing is queued any more.
 */
import { setTimeout as delay } from "node:timers/promises";
import { settingsOf } from "@cordon/lab";
import type { LaneView } from "@cordon/model";
import type { SmtpReferenceArgs, SmtpReferenceReady } from "./children/smtp-reference.ts";
import { startBenchLab } from "./support/bench-lab.ts";
import { startChild } from "./support/child.ts";
import { mailLoad } from "./support/mail-load.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant } from "./support/rounds.ts";

const rounds = roundsOf(process.argv, 5);
const seconds = 3;
const sessions = 16;
const bytes = 4_096;
const partitions = 4;
const users = 64;
const drainedWithinMs = 30_000;

await using bench = await startBenchLab(settingsOf("on", []), partitions, users);
const { lab, services } = bench;
await using reference = await startChild<SmtpReferenceReady>(
  "smtp-reference.ts",
  { services } satisfies SmtpReferenceArgs,
  "measured",
);

/** Everything that was accepted is in its Maildir. */
async function drained(): Promise<void> {
  const end = performance.now() + drainedWithinMs;
  for (;;) {
    const lanes = (await (await fetch(`${lab.urls.mailApi}/v1/lanes`)).json()) as readonly LaneView[];
    if (lanes.every(({ queued }) => queued === 0)) return;
    if (performance.now() > end) throw new Error(`mail was still queued ${drainedWithinMs} ms after the last one`);
    await delay(50);
  }
}

const contestant = (
  about: Pick<Contestant, "name" | "contains" | "reference">,
  port: number,
  cpuUs: () => number | Promise<number>,
): Contestant => ({
  ...about,
  async measure() {
    const before = [await cpuUs(), bench.labCpuUs()] as const;
    const seen = await mailLoad({
      host: "127.0.0.1",
      port,
      sessions,
      seconds,
      recipients: bench.users.map(({ address }) => address),
      bytes,
    });
    await drained();
    const after = [await cpuUs(), bench.labCpuUs()] as const;
    const { accepted, perSecond, tookMs } = seen;
    return {
      cpu: (after[0] - before[0]) / accepted,
      lab: (after[1] - before[1]) / accepted,
      rate: perSecond,
      p50: tookMs[Math.floor(accepted * 0.5)] ?? Number.NaN,
      p99: tookMs[Math.floor(accepted * 0.99)] ?? Number.NaN,
    };
  },
});

const rows = await measureRounds(
  [
    contestant(
      {
        name: "smtp-server",
        contains:
          "smtp-server with default settings; the recipient looked up with undici's request at one role instance, through the same fault proxy; nothing is kept",
        reference: undefined,
      },
      reference.ready,
      reference.cpuUs,
    ),
    contestant(
      {
        name: "cordon",
        contains:
          "mail in a lab of 4 x 2 role instances, preset on: look-up at the door through the guard, line ends checked, spool and ledger flushed before 250, second look-up in the lane, delivery to a Maildir with fsync",
        reference: "smtp-server",
      },
      Number(lab.urls.mx.split(":").at(-1)),
      () => bench.cpuUs("mail"),
    ),
  ],
  rounds,
);
printReport(
  {
    bench: "smtp-accept",
    title: `mail of ${bytes} bytes over SMTP, closed loop: ${sessions} sessions, ${seconds} s a round`,
    rounds,
    units: {
      cpu: "CPU us of the mail server a message",
      lab: "CPU us of the whole lab a message",
      rate: "messages accepted a second",
      p50: "ms from MAIL to 250",
      p99: "ms from MAIL to 250",
    },
    rows,
    notes: [],
    pinned: bench.pinned,
    columns: [
      { heading: "CPU us", figure: "cpu", show: "median", digits: 0 },
      { heading: "min .. max", figure: "cpu", show: "range", digits: 0 },
      { heading: "over", figure: "cpu", show: "over", digits: 0 },
      { heading: "lab us", figure: "lab", show: "median", digits: 0 },
      { heading: "a second", figure: "rate", show: "median", digits: 0 },
      { heading: "p50 ms", figure: "p50", show: "median", digits: 1 },
      { heading: "p99 ms", figure: "p99", show: "median", digits: 1 },
    ],
  },
  process.argv,
);
