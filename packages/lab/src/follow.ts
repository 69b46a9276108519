/**
 * The runner's live view: every event that any process of a lab appends to its file, each handed over once, in the order
 * of its file. Files are followed as they grow, and new ones are found; the file system's word is used to be quick, and a
 * look every quarter of a second to be sure, since a notification may be lost and no event may be.
 * A file that cannot be opened or read now, because it has gone or the system has no descriptor to give, is tried again at
 * the next look: whoever follows must not fall to what others do to the folder.
 * A line that is not there whole yet waits for its end. A line that is no event is passed over: the reader must not fall
 * to a process that was killed in the middle of a write.
 */
import { closeSync, openSync, readdirSync, readSync, watch, type FSWatcher } from "node:fs";
import { join } from "node:path";
import { EventSchema, type Event } from "@cordon/model";
import { createLineParser, createLineSplitter } from "@cordon/runtime";

const safetyLookMs = 250;
const chunkBytes = 65_536;
/** Longest line kept for; an event's detail is at most 500 characters. */
const maxLineBytes = 65_536;

interface Followed {
  readonly fd: number;
  position: number;
  readonly splitter: { push(chunk: Buffer): boolean };
  /** A line grew past every bound: whatever writes it writes no events. */
  isBroken: boolean;
}

/**
 * Follows the events in `dir`, which is there already. `onEvent` gets each event once and must not throw. The function
 * that is returned hands over what is left and ends it.
 */
export function followEvents(dir: string, onEvent: (event: Event) => void): () => void {
  const parse = createLineParser(EventSchema);
  const files = new Map<string, Followed>();
  const buffer = Buffer.alloc(chunkBytes);
  const state = { closed: false };

  const open = (name: string): Followed | undefined => {
    const fd = openedToRead(join(dir, name));
    if (fd === undefined) return undefined;
    const splitter = createLineSplitter(maxLineBytes, (line) => {
      const event = parse(line);
      if (event !== undefined) onEvent(event);
    });
    return { fd, position: 0, splitter, isBroken: false };
  };
  const read = (file: Followed): void => {
    while (!state.closed && !file.isBroken) {
      const bytes = readFrom(file.fd, buffer, file.position);
      if (bytes === 0) return;
      file.position += bytes;
      file.isBroken = !file.splitter.push(buffer.subarray(0, bytes));
    }
  };
  const catchUp = (): void => {
    for (const name of namesIn(dir)) {
      if (state.closed) return;
      if (!name.endsWith(".ndjson")) continue;
      const file = files.get(name) ?? open(name);
      if (file === undefined) continue;
      files.set(name, file);
      read(file);
    }
  };

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dir, catchUp);
    // Without notifications (no watches left on this host) the safety look is all there is, and is enough.
    watcher.on("error", () => watcher?.close());
  } catch {
    watcher = undefined;
  }
  const timer = setInterval(catchUp, safetyLookMs);
  catchUp();
  return () => {
    if (state.closed) return;
    catchUp();
    state.closed = true;
    clearInterval(timer);
    watcher?.close();
    for (const { fd } of files.values()) closeQuietly(fd);
  };
}

/** Undefined: it has gone since it was listed, or may not be opened now. */
function openedToRead(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch {
    return undefined;
  }
}

/** How many bytes came; none where the disk refuses. */
function readFrom(fd: number, buffer: Buffer, position: number): number {
  try {
    return readSync(fd, buffer, 0, chunkBytes, position);
  } catch {
    return 0;
  }
}

/** What was read is read: a descriptor that is bad already is no reason to fail. */
function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // Nothing is left to be done with it.
  }
}

/** A folder that somebody removed has no more events. */
function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
