/**
 * A disk that a test can fill. Where the test may mount (as root it may, unless its container forbids it) this is a small
 * file system of its own, and everything of a lab stands on it: stores, logs, Maildirs. Elsewhere it is the machine's own
 * disk, and the processes whose stores are to be full get a limit on the size of their files, which the kernel answers
 * as it would a full disk.
 */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A process, and the file that it may not make longer. */
export interface Writer {
  readonly pid: number;
  readonly file: string;
}

export interface SmallDisk extends Disposable {
  /** The folder to work in. */
  readonly root: string;
  /** Whether it is a file system of its own. */
  readonly mounted: boolean;
  /** Takes all that is left of the disk. */
  fill(writers: readonly Writer[]): void;
  /** Gives room again: what `fill` took, and the ballast. */
  clear(writers: readonly Writer[]): void;
}

const block = Buffer.alloc(65_536);
const smallest = 512;

/** `ballast`: how much of it is taken from the beginning. */
export function makeSmallDisk(megabytes: number, ballast: number): SmallDisk {
  const root = mkdtempSync(join(tmpdir(), "cordon-disk-"));
  const mounted = mounts(root, megabytes);
  const filler = join(root, "filler");
  if (mounted) writeFileSync(filler, Buffer.alloc(ballast * 1_048_576));
  return {
    root,
    mounted,
    fill(writers) {
      if (mounted) return writeUntilFull(filler);
      for (const { pid, file } of writers) limit(pid, `${statSync(file).size}:unlimited`);
    },
    clear(writers) {
      if (mounted) return rmSync(filler, { force: true });
      for (const { pid } of writers) limit(pid, "unlimited");
    },
    [Symbol.dispose]() {
      // Lazily: a process of the lab may be a moment from its end, with its working directory here.
      if (mounted) execFileSync("umount", ["--lazy", root]);
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function mounts(root: string, megabytes: number): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", root], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Takes the last byte the disk has: whole blocks first, then what is left of one. */
function writeUntilFull(file: string): void {
  const descriptor = openSync(file, "a");
  try {
    for (let size = block.length; size >= smallest;) {
      try {
        writeSync(descriptor, block, 0, size);
      } catch {
        size /= 2;
      }
    }
  } finally {
    closeSync(descriptor);
  }
}

const limit = (pid: number, fsize: string): void =>
  void execFileSync("prlimit", ["--pid", String(pid), `--fsize=${fsize}`]);
