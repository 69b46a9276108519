/**
 * The thread that hashes. It takes one job at a time and runs it synchronously on itself, at the lowest sensible CPU
 * priority, so that a storm of sign-ins slows other sign-ins and not the event loops and disks of everyone else
 * (argon2 on libuv's shared pool made an innocent file operation wait for hundreds of milliseconds).
 */
import { hashSync, verifySync, type Algorithm } from "@node-rs/argon2";
import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { hashCost } from "./hash-cost.ts";

export type HashJob =
  | {
      readonly id: number;
      readonly kind: "verify";
      readonly phc: string;
      readonly password: string;
      readonly secret?: Uint8Array;
    }
  | { readonly id: number; readonly kind: "hash"; readonly password: string; readonly secret?: Uint8Array };
export type HashDone =
  | { readonly id: number; readonly kind: "verified"; readonly matches: boolean }
  | { readonly id: number; readonly kind: "hashed"; readonly phc: string }
  | { readonly id: number; readonly kind: "failed"; readonly reason: string };

const argon2id: Algorithm = 2;
const cost = {
  algorithm: argon2id,
  memoryCost: hashCost.memoryKiB,
  timeCost: hashCost.passes,
  parallelism: hashCost.lanes,
};
/** How far behind the rest of the process, in steps of nice; 19 is as far as it goes. */
const stepsBehind = 2;
const lastNice = 19;

/** Only Linux gives a thread a priority of its own; elsewhere the thread keeps that of the process. */
function lowerPriority(): void {
  if (process.platform !== "linux") return;
  try {
    const thread = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    if (Number.isInteger(thread)) setPriority(thread, Math.min(lastNice, getPriority(process.pid) + stepsBehind));
  } catch {
    // Without /proc the thread runs at the process's priority: slower for others, but right.
  }
}

function run(job: HashJob): HashDone {
  const secret = job.secret === undefined ? {} : { secret: job.secret };
  try {
    switch (job.kind) {
      case "verify":
        return { id: job.id, kind: "verified", matches: verifySync(job.phc, job.password, secret) };
      case "hash":
        return { id: job.id, kind: "hashed", phc: hashSync(job.password, { ...cost, ...secret }) };
    }
  } catch (error) {
    return { id: job.id, kind: "failed", reason: error instanceof Error ? error.message : "the hash failed" };
  }
}

lowerPriority();
parentPort?.on("message", (job: HashJob) => parentPort?.postMessage(run(job)));
