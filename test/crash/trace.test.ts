/**
 * The promise of 250, against a power cut: mail runs under strace while senders compete for its flushes, and by the trace
 * every 250 to DATA stands after the flush that covers its message. The judge is tested first on traces of a few lines in
 * which one thing is out of order: each must be refused.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { settingsOf } from "@cordon/lab";
import { mailProgram, startSeededLab, workingDirectory } from "../support/lab.ts";
import { openSession } from "../support/smtp.ts";
import { findStrace } from "../support/strace.ts";
import { judgeTrace } from "../support/trace.ts";
import { until } from "../support/until.ts";

const spoolFile = "/data/mail/spool/data.mdb";
const file = `/run/lab${spoolFile}`;
const lines = {
  open: `7  1.000000 openat(AT_FDCWD</run>, "${file}", O_RDWR|O_CREAT, 0664) = 23<${file}>`,
  openRoot: `7  1.000001 openat(AT_FDCWD</run>, "${file}", O_WRONLY|O_DSYNC|O_CLOEXEC) = 24<${file}>`,
  page: `9  1.000002 pwrite64(23<${file}>, "\\2\\0From: <a@b>\\r\\n\\r\\ntext of one", 4096, 8192) = 4096`,
  pages: `9  1.000003 writev(23<${file}>, [{iov_base="\\3\\0001MSG\\0", iov_len=4096}, {iov_base="x", iov_len=1}], 2) = 4097`,
  flush: `9  1.000004 fdatasync(23<${file}>) = 0`,
  root: `9  1.000005 pwrite64(24<${file}>, "\\0\\0\\20", 128, 0) = 128`,
  reply: `7  1.000006 write(33<socket:[844081]>, "250 2.6.0 queued as 1MSG\\r\\n", 26) = 26`,
} as const;
type Line = keyof typeof lines;

const traceOf = (...order: readonly (Line | { readonly line: string })[]): string =>
  order.map((one) => (typeof one === "string" ? lines[one] : one.line)).join("\n");
const judged = (trace: string) => judgeTrace(trace, spoolFile, () => "text of one");

/** The two halves of a call that another thread's calls came between. */
const beginsOf = (line: Line) => ({ line: lines[line].replace(/\) = \S+$/, " <unfinished ...>") });
const endsOf = (line: Line) => ({
  line: lines[line].replace(/^(\d+ {2}[\d.]+ )(\w+)\(.*(\) = \S+)$/, "$1<... $2 resumed>$3"),
});

test.each<[string, string]>([
  ["in order", traceOf("open", "openRoot", "page", "pages", "flush", "root", "reply")],
  [
    "with another thread's calls in between",
    traceOf(
      "open",
      "openRoot",
      "page",
      beginsOf("pages"),
      { line: '7  1.000003 write(20<pipe:[1]>, "x", 1) = 1' },
      endsOf("pages"),
      beginsOf("flush"),
      { line: '7  1.000004 write(20<pipe:[1]>, "x", 1) = 1' },
      endsOf("flush"),
      "root",
      "reply",
    ),
  ],
])("a trace %s is believed", (_, trace) => {
  expect(judged(trace)).toEqual({ replies: 1, flaws: [] });
});

test.each<[string, string, string]>([
  [
    "the reply before everything",
    "not written",
    traceOf("open", "openRoot", "reply", "page", "pages", "flush", "root"),
  ],
  [
    "the reply before the flush",
    "before the root",
    traceOf("open", "openRoot", "page", "pages", "reply", "flush", "root"),
  ],
  [
    "the reply before the root",
    "before the root",
    traceOf("open", "openRoot", "page", "pages", "flush", "reply", "root"),
  ],
  [
    "the reply before the end of the root",
    "before the root",
    traceOf("open", "openRoot", "page", "pages", "flush", beginsOf("root"), "reply", endsOf("root")),
  ],
  ["the root before the flush", "no flush", traceOf("open", "openRoot", "page", "pages", "root", "flush", "reply")],
  ["a page after the flush", "no flush", traceOf("open", "openRoot", "page", "flush", "pages", "root", "reply")],
  [
    "a flush that began before the last page",
    "no flush",
    traceOf("open", "openRoot", "page", beginsOf("flush"), "pages", endsOf("flush"), "root", "reply"),
  ],
  [
    "a flush that had not ended",
    "no flush",
    traceOf("open", "openRoot", "page", "pages", beginsOf("flush"), "root", endsOf("flush"), "reply"),
  ],
  [
    "a flush that failed",
    "no flush",
    traceOf(
      "open",
      "openRoot",
      "page",
      "pages",
      { line: `9  1.000004 fdatasync(23<${file}>) = -1 EIO (Input/output error)` },
      "root",
      "reply",
    ),
  ],
  [
    "a flush of another file",
    "no flush",
    traceOf("open", "openRoot", "page", "pages", { line: "9  1.0 fdatasync(9</run/lab/other>) = 0" }, "root", "reply"),
  ],
  [
    "a root that was not written",
    "was not written",
    traceOf(
      "open",
      "openRoot",
      "page",
      "pages",
      "flush",
      { line: `9  1.000005 pwrite64(24<${file}>, "\\0", 128, 0) = -1 ENOSPC (No space left on device)` },
      "reply",
    ),
  ],
  ["no descriptor that flushes by itself", "no root", traceOf("open", "page", "pages", "flush", "root", "reply")],
  ["a text that is nowhere", "not written", traceOf("open", "openRoot", "pages", "flush", "root", "reply")],
])("a trace with %s is refused", (_, why, trace) => {
  const { replies, flaws } = judged(trace);
  expect(replies).toBe(1);
  expect(flaws).toEqual([expect.stringContaining(why)]);
});

const senders = 12;
const messages = 20;
const patienceMs = 20_000;
const strace = findStrace();

// Without strace there is no order of calls to look at; the test's name says how to get it.
test.skipIf(strace.kind === "missing")(
  `every 250 to DATA follows the flush that covers it, in a trace of ${senders * messages} messages from ${senders} senders at once${strace.kind === "missing" ? `: ${strace.how}` : ""}`,
  { timeout: 180_000 },
  async () => {
    if (strace.kind === "missing") return;
    await using place = workingDirectory();
    const output = join(place.root, "trace.txt");
    const program = join(place.root, "traced.mjs");
    writeFileSync(program, tracedProgram(strace, output));
    const lab = {
      partitions: 1,
      roleInstances: 1,
      users: 12,
      seed: "trace",
      // A traced process is a slow one; nothing here is about who may be killed for that.
      settings: settingsOf("on", ["fence", "failover"]),
    };
    const texts = new Map<string, string>();
    {
      await using seeded = await startSeededLab({ ...lab, store: "lmdb", mailProgram: program });
      const addresses = seeded.population.users.map(({ address }) => address);
      await Promise.all(
        Array.from({ length: senders }, (_, sender) => sendAll(seeded.lab.urls.mx, addresses, sender, texts)),
      );
    }
    // The tracer writes to its end, which it may reach a moment after the last process of the lab.
    const trace = await until(
      "the trace is there",
      patienceMs,
      () => existsSync(output) && readFileSync(output, "latin1"),
    );
    expect(texts.size).toBe(senders * messages);
    expect(judgeTrace(trace, spoolFile, (queuedAs) => texts.get(queuedAs))).toEqual({ replies: texts.size, flaws: [] });
    // The same calls with the replies told a little earlier: what was judged above could have been refused.
    expect(judgeTrace(repliesBeforeFlushes(trace), spoolFile, () => undefined).flaws.length).toBeGreaterThan(0);
  },
);

/** A program that becomes the mail service under strace: the process keeps its pid, and the tracer is its grandchild. */
function tracedProgram(tracer: Extract<typeof strace, { kind: "found" }>, output: string): string {
  const calls = "trace=openat,fdatasync,fsync,msync,pwrite64,pwritev,write,writev,sendto,sendmsg";
  // Whole writes: a message's name may stand anywhere in a page.
  const longestString = "1000000";
  const options = ["strace", "-D", "-f", "-tt", "-y", "-e", calls, "-s", longestString, "-o", output];
  const args = JSON.stringify([...options, process.execPath, mailProgram]);
  const environment = JSON.stringify(tracer.environment);
  return `process.execve(${JSON.stringify(tracer.program)}, [...${args}, ...process.argv.slice(2)], { ...process.env, ...${environment} });\n`;
}

/** Sends its messages in one session; each has a text of its own, past everything that a header is. */
async function sendAll(
  mx: string,
  addresses: readonly string[],
  sender: number,
  texts: Map<string, string>,
): Promise<void> {
  using session = await openSession(mx, patienceMs);
  if (session === undefined) throw new Error("mail does not greet");
  for (let number = 0; number < messages; number++) {
    const to = addresses[(sender + number) % addresses.length] ?? "";
    const text = `the text of ${sender}-${number} ends here`;
    const message = `From: <a@b.example>\r\nMessage-ID: <${sender}-${number}@trace.example>\r\n\r\n${"x".repeat(number * 300)}\r\n${text}`;
    const end = await session.send({ from: "a@b.example", to: [to], text: message });
    if (end.outcome !== "ok") throw new Error(`message ${sender}-${number} was ${end.outcome}`);
    texts.set(end.queuedAs, text);
  }
}

/** Puts each reply to DATA before the flush of the spool that it stands after. */
function repliesBeforeFlushes(trace: string): string {
  const moved: string[] = [];
  for (const line of trace.split("\n")) {
    const flush = line.includes(" queued as ")
      ? moved.findLastIndex((one) => one.includes("fdatasync") && one.includes(spoolFile))
      : -1;
    moved.splice(flush === -1 ? moved.length : flush, 0, line);
  }
  return moved.join("\n");
}
