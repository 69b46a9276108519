/**
 * Where strace is to be had: on PATH; else Debian's package, unpacked into a folder of the cache, which needs no root and
 * installs nothing; else not at all, with one line that says how it could be. What was found is tried out: a container
 * may forbid tracing.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { arch } from "node:process";
import { join } from "node:path";
import { ROOT } from "./sources.ts";

export type Strace =
  | { readonly kind: "found"; readonly program: string; readonly environment: Readonly<Record<string, string>> }
  /** For a person: what to do. */
  | { readonly kind: "missing"; readonly how: string };

const cache = join(ROOT, "node_modules/.cache/strace");
const packages = ["strace", "libunwind8", "liblzma5"];
const downloadWithinMs = 60_000;
const probeWithinMs = 5_000;

/** Looks, fetches if it must, and tries it out. Never throws. */
export function findStrace(): Strace {
  if (process.platform !== "linux") return missing("system calls are traced on Linux only");
  const onPath = (process.env["PATH"] ?? "").split(":").map((folder) => join(folder, "strace"));
  for (const program of onPath.filter(existsSync)) if (canTrace(program, {})) return found(program, {});
  if (onPath.some(existsSync)) return missing("strace is here and may not trace; allow ptrace (SYS_PTRACE)");
  try {
    if (!existsSync(unpacked)) unpack();
  } catch {
    return missing("install strace (apt-get install strace), or let apt-get download it");
  }
  return canTrace(unpacked, libraries())
    ? found(unpacked, libraries())
    : missing("strace was unpacked and cannot trace; install it (apt-get install strace) and allow ptrace");
}

const missing = (how: string): Strace => ({ kind: "missing", how });
const found = (program: string, environment: Readonly<Record<string, string>>): Strace => ({
  kind: "found",
  program,
  environment,
});

const unpacked = join(cache, "usr/bin/strace");

function unpack(): void {
  mkdirSync(cache, { recursive: true });
  const bounded = { cwd: cache, timeout: downloadWithinMs, stdio: "ignore" } as const;
  execFileSync("apt-get", ["download", ...packages], bounded);
  const files = readdirSync(cache).filter((name) => name.endsWith(".deb"));
  for (const file of files) execFileSync("dpkg", ["-x", file, cache], bounded);
}

function libraries(): Readonly<Record<string, string>> {
  const triplet = `${arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`;
  return { LD_LIBRARY_PATH: [join(cache, "usr/lib", triplet), join(cache, "lib", triplet)].join(":") };
}

function canTrace(program: string, environment: Readonly<Record<string, string>>): boolean {
  try {
    const args = ["-f", "-o", "/dev/null", process.execPath, "--version"];
    execFileSync(program, args, { timeout: probeWithinMs, stdio: "ignore", env: { ...process.env, ...environment } });
    return true;
  } catch {
    return false;
  }
}
