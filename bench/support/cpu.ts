/** CPU time of another process, from /proc, to the microsecond: what a process says of itself would need its help. */
import { readdirSync, readFileSync } from "node:fs";

/** Microseconds that all threads of `pid` have run so far; NaN where there is no /proc. */
export function cpuUsOf(pid: number): number {
  try {
    const tasks = `/proc/${pid}/task`;
    const ran = (task: string): number => Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]);
    return readdirSync(tasks).reduce((sum, task) => sum + ran(task), 0) / 1000;
  } catch {
    return Number.NaN;
  }
}
