/**
 * Reads a trace of system calls (`strace -f -y`, any time format) and judges by it whether mail answered 250 was on the
 * disk by then. A SIGKILL leaves the page cache in place, so that a crash test passes without a single flush; the order
 * of the calls is what shows that a power cut would lose nothing.
 *
 * What LMDB does, and so what can be checked: a transaction's pages go to `data.mdb` by pwrite or writev, then an
 * fdatasync of that file, then one small write of the new root through a second descriptor that was opened with O_DSYNC:
 * it is on the disk when it returns, and before it the transaction does not exist. Transactions come one after another.
 * So for each `250 ... queued as ID` on a socket, in this order:
 *
 *   1. a page write that holds ID, and the one that holds the message's text, if a text is asked for
 *   2. the first write of a root that begins after both of them; the pages written up to it are of its transaction
 *   3. a sync of the file that succeeded, began after the last of those pages and ended before that root
 *   4. that root was written wholly, and had ended before the reply began
 *
 * Lines stand in the order in which the tracer saw the calls. A thread goes on only when its call's end has been seen, so
 * a reply that waited for a flush stands after the flush's end. A spool written by memory map would show no page write
 * and be refused, as would a trace that was cut short.
 */

/** One call of the traced process. Places are line numbers. */
interface Call {
  readonly name: string;
  /** The descriptor and what strace says it is open on. */
  readonly fd: number | undefined;
  readonly path: string;
  /** The arguments and the result, as strace writes them. */
  readonly text: string;
  readonly begins: number;
  /** Infinity: the trace ends before the call does. */
  readonly ends: number;
  /** What it returned; undefined: not known. */
  readonly result: number | undefined;
}

export interface Durability {
  /** Replies to DATA that were judged. */
  readonly replies: number;
  /** One line for each reply that came too early. */
  readonly flaws: readonly string[];
}

const syncs = new Set(["fdatasync", "fsync", "msync"]);
const writes = new Set(["write", "writev", "pwrite64", "pwritev", "sendto", "sendmsg"]);

/**
 * Judges every 250 to DATA in `trace`. `spoolFile` is the end of the spool's path; `textOf` gives a piece of ASCII text
 * that only the body of the message of this name holds, where the caller knows one.
 */
export function judgeTrace(
  trace: string,
  spoolFile: string,
  textOf: (queuedAs: string) => string | undefined,
): Durability {
  const calls = parseTrace(trace);
  const spool = calls.filter(({ path }) => path.endsWith(spoolFile));
  const rootFds = new Set(calls.filter((call) => isOpenedDurably(call, spoolFile)).map(({ result }) => result));
  const written = spool.filter(({ name }) => writes.has(name));
  const pages = written.filter(({ fd }) => !rootFds.has(fd));
  const roots = written.filter(({ fd }) => rootFds.has(fd));
  const flushes = spool.filter(({ name, result }) => syncs.has(name) && result === 0);
  const replies = calls.filter(
    ({ name, path, text }) => writes.has(name) && /^(socket|TCP)/.test(path) && reply.test(text),
  );
  const flaws = replies.flatMap((call) => {
    const queuedAs = reply.exec(call.text)?.[1] ?? "";
    const flaw = flawOf(call, [queuedAs, textOf(queuedAs)], { pages, roots, flushes });
    return flaw === undefined ? [] : [`250 of ${queuedAs} (line ${call.begins + 1}): ${flaw}`];
  });
  return { replies: replies.length, flaws };
}

const reply = /"250[^"]* queued as ([0-9A-Z]+)/;

interface SpoolCalls {
  readonly pages: readonly Call[];
  readonly roots: readonly Call[];
  readonly flushes: readonly Call[];
}

function flawOf(
  { begins: repliedAt }: Call,
  texts: readonly (string | undefined)[],
  { pages, roots, flushes }: SpoolCalls,
): string | undefined {
  const holding = texts
    .filter((text) => text !== undefined)
    .map((text) => pages.find((page) => page.text.includes(text)));
  if (holding.some((page) => page === undefined || page.begins > repliedAt))
    return "its message was not written to the spool before";
  const writtenAt = Math.max(...holding.map((page) => page?.ends ?? Number.POSITIVE_INFINITY));
  const root = roots.find(({ begins }) => begins > writtenAt);
  if (root === undefined) return "no root of the spool was written after its message";
  const transaction = pages.filter(({ begins }) => begins < root.begins);
  const lastPageAt = Math.max(...transaction.map(({ ends }) => ends));
  const isFlushed = flushes.some(({ begins, ends }) => begins > lastPageAt && ends < root.begins);
  if (!isFlushed) return "no flush of the spool lies between its pages and their root";
  if (root.result === undefined || root.result <= 0) return "the root of its transaction was not written";
  return root.ends < repliedAt ? undefined : "it was answered before the root of its transaction was on the disk";
}

const isOpenedDurably = ({ name, text, result }: Call, spoolFile: string): boolean =>
  name === "openat" && result !== undefined && text.includes(`${spoolFile}"`) && /\bO_D?SYNC\b/.test(text);

const wholeLine = /^(\d+)\s+(?:[\d:.]+\s+)?(\w+)\((.*)$/s;
const resumedLine = /^(\d+)\s+(?:[\d:.]+\s+)?<\.\.\. (\w+) resumed>(.*)$/s;
const unfinishedMark = " <unfinished ...>";

/** The calls of a trace in the order of their beginnings. Signals, exits and half a last line are passed over. */
function parseTrace(trace: string): readonly Call[] {
  const calls: Call[] = [];
  const underWay = new Map<string, Call>();
  for (const [place, line] of trace.split("\n").entries()) {
    const resumed = resumedLine.exec(line);
    if (resumed !== null) {
      const [, pid = "", name = "", rest = ""] = resumed;
      const begun = underWay.get(`${pid} ${name}`);
      underWay.delete(`${pid} ${name}`);
      if (begun !== undefined) calls.push(callOf(name, begun.text + rest, begun.begins, place));
      continue;
    }
    const whole = wholeLine.exec(line);
    if (whole === null) continue;
    const [, pid = "", name = "", rest = ""] = whole;
    if (rest.endsWith(unfinishedMark)) {
      const text = rest.slice(0, -unfinishedMark.length);
      underWay.set(`${pid} ${name}`, callOf(name, text, place, Number.POSITIVE_INFINITY));
    } else {
      calls.push(callOf(name, rest, place, place));
    }
  }
  return [...calls, ...underWay.values()].toSorted((one, other) => one.begins - other.begins);
}

function callOf(name: string, text: string, begins: number, ends: number): Call {
  // With -y a descriptor is followed by what it is open on, in angle brackets; a path may hold any of them.
  const [, fd, path = ""] = /^(\d+)<(.*?)>(?:[,)]|$)/s.exec(text) ?? [];
  const [, result] = /\) = (-?\d+)(?:<.*>)?(?: \([^)]*\)| [A-Z]+ \(.*\))?$/s.exec(text) ?? [];
  return {
    name,
    fd: fd === undefined ? undefined : Number(fd),
    path,
    text,
    begins,
    ends,
    result: result === undefined || ends === Number.POSITIVE_INFINITY ? undefined : Number(result),
  };
}
