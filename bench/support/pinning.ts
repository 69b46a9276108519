/**
 * What is measured, and what it is measured with, on cores of their own, where the machine has two and `taskset` to put
 * them there: on one core they take turns, and each one's figures are the other's. A process starts where its parent is,
 * so whoever is started is moved at once, with every thread it has by then; later ones stay with them. Without `taskset`
 * nothing is moved, and the result says so.
 */
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";

const cores = { measured: 0, other: 1 } as const;
export type Place = keyof typeof cores;

/** Every thread of `pid` to its core. False: it runs wherever the system lets it. */
export function pin(pid: number, place: Place): boolean {
  if (cpus().length < 2) return false;
  const { status } = spawnSync("taskset", ["-acp", String(cores[place]), String(pid)], { stdio: "ignore" });
  return status === 0;
}
