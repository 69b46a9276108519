/**
 * Room in an LMDB file, made before LMDB writes there. A full disk must be a refusal, and with lmdb 3.5.6 it is the end of
 * the process: a page that the disk does not take is reported in a buffer of 100 bytes, which the sentence about it does
 * not fit once the file is some megabytes large (mdb.c, mdb_page_flush), and the heap is damaged. So the disk is asked
 * first, by us: before a transaction puts anything, the file is made longer with zeros, as far as all that is under way
 * could take it. A disk without room refuses those, which is an error like any other, and LMDB writes only over what is
 * there. Its lock file is written through a map, where a full disk is a SIGBUS, and so it is there in full as well.
 * Invariants: zeros are written inside a write transaction only, when nobody else writes, and at the end of the file only,
 * where LMDB has never been; what a transaction may dirty is estimated from above, and is given back when it is answered.
 * On a file system that copies what is written over (btrfs, ZFS) the room is likely, not certain.
 */
import { closeSync, fstatSync, linkSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";

/** Room that only what gives room may use: see `transactFromReserve`. Every store has it in its file. */
export const reserveBytes = 1_048_576;
/** A file grows by so much at least, so that few transactions wait for it. */
const stepBytes = 262_144;
/** More than LMDB asks for, which is 8,272 bytes for the 126 readers that lmdb allows. */
const lockFileBytes = 12_288;
/**
 * Pages that a put or a remove may dirty beside a value's own: its way from the root to the leaf, at most three deep in a
 * store of this size, and as many that split or merge.
 */
const pagesOfChange = 6;
/** Pages that a commit may dirty by itself: the tables' own table, both roots, and the way to the list of free pages. */
const pagesOfCommit = 32;
/** LMDB keeps free pages by number, and may write the list anew while the old one is still held. */
const bytesOfFreePage = 16;

/** Where a transaction finds its file. */
export interface FileEnd {
  /** Pages of the file that are committed, used or free. */
  readonly pages: number;
  readonly pageBytes: number;
}

/** What one transaction may take. */
export interface RoomClaim {
  /** Runs `action`, inside the write transaction: what it changes is asked of the disk first. */
  during<T>(end: FileEnd, action: () => T): T;
  /** Gives the claim back: its transaction was committed, or will never be. */
  release(): void;
}

export interface Room {
  /** `keepBytes`: what this transaction must leave untouched beyond its own. */
  claim(keepBytes: number): RoomClaim;
  /** Before a change of the transaction that runs; throws the system's error when the disk has no room for it. */
  change(valueBytes: number): void;
}

interface Running {
  readonly end: FileEnd;
  readonly keepBytes: number;
  claimed: number;
}

/** The room of the file `dataFile`, in which LMDB has its pages. */
export function createRoom(dataFile: string): Room {
  /** Of the file; the disk has given all of it. */
  let length = 0;
  let claimed = 0;
  let running: Running | undefined;
  return {
    claim(keepBytes) {
      let mine = 0;
      return {
        during(end, action) {
          const now: Running = { end, keepBytes, claimed: 0 };
          running = now;
          try {
            return action();
          } finally {
            running = undefined;
            mine = now.claimed;
          }
        },
        release() {
          claimed -= mine;
          mine = 0;
        },
      };
    },
    change(valueBytes) {
      if (running === undefined) throw new Error("a store is changed in a transaction only");
      const { pages, pageBytes } = running.end;
      const taken = (pagesOfChange + 1 + Math.ceil(valueBytes / pageBytes)) * pageBytes;
      running.claimed += taken;
      claimed += taken;
      const commit = pagesOfCommit * pageBytes + pages * bytesOfFreePage;
      const wanted = pages * pageBytes + commit + claimed + running.keepBytes;
      if (wanted > length) length = lengthen(dataFile, wanted);
    },
  };
}

/** Makes `file` at least `wanted` bytes long, and a step longer where the disk has that too; answers its length. */
function lengthen(file: string, wanted: number): number {
  const descriptor = openSync(file, "r+");
  try {
    let length = fstatSync(descriptor).size;
    if (length >= wanted) return length;
    const zeros = Buffer.alloc(stepBytes);
    try {
      while (length < wanted + stepBytes) length += writeSync(descriptor, zeros, 0, stepBytes, length);
    } catch (error) {
      if (length < wanted) throw error;
    }
    return length;
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes the lock file, if there is none, with all of its bytes on the disk. It appears whole: a process that finds it may
 * write there at once. Throws the system's error when the disk has no room.
 */
export function makeLockFile(file: string): void {
  const whole = `${file}.${process.pid}`;
  try {
    writeFileSync(whole, Buffer.alloc(lockFileBytes), { mode: 0o600 });
    linkSync(whole, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(whole, { force: true });
  }
}
