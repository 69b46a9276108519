/**
 * The machine's two clocks. Everything that decides is handed a `Clock`; this is the one place where a real one is made.
 * `process.hrtime` is CLOCK_MONOTONIC on Linux, so that stamps of different processes can be compared.
 */
import type { Clock } from "@cordon/model";

export const systemClock: Clock = {
  now: () => Number(process.hrtime.bigint()) / 1e6,
  wall: () => Date.now(),
};
