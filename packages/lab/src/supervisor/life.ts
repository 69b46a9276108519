/**
 * The life of one process the supervisor keeps, as a machine: not there, starting, serving, and again from the
 * beginning when it ends. It decides when an ended process is started again: at once the first time, then after a delay
 * that doubles up to its cap, so that a process that cannot live does not burn the host it would live on; one that
 * served for a while begins at nothing again. A dismissed process is never started again.
 */
import type { Instant } from "@cordon/model";
import type { NamedProcess } from "../journal.ts";
import type { SupervisionBounds } from "../plan.ts";

export type Ports = Readonly<Record<string, string>>;

export type Life =
  /** `at`: when it is to be started; never, when it is dismissed. */
  | { readonly state: "absent"; readonly at: Instant; readonly deaths: number }
  | { readonly state: "starting"; readonly process: NamedProcess; readonly since: Instant; readonly deaths: number }
  | {
      readonly state: "serving";
      readonly process: NamedProcess;
      readonly since: Instant;
      readonly deaths: number;
      readonly ports: Ports;
    };

export type LifeEvent =
  | { readonly type: "started"; readonly process: NamedProcess }
  | { readonly type: "ready"; readonly ports: Ports }
  | { readonly type: "ended"; readonly isKept: boolean };

type RespawnBounds = Pick<SupervisionBounds, "respawnBaseMs" | "respawnCapMs" | "settledMs">;

/** Never started yet, and to be started at once. */
export const unborn: Life = { state: "absent", at: Number.NEGATIVE_INFINITY, deaths: 0 };

/** Not there, and never to be started. */
export const never: Life = { state: "absent", at: Number.POSITIVE_INFINITY, deaths: 0 };

export function stepLife(life: Life, event: LifeEvent, bounds: RespawnBounds, now: Instant): Life {
  switch (event.type) {
    case "started":
      return { state: "starting", process: event.process, since: now, deaths: life.deaths };
    case "ready":
      if (life.state === "absent") return life;
      return { ...life, state: "serving", ports: event.ports, since: life.state === "serving" ? life.since : now };
    case "ended": {
      const isSettled = life.state === "serving" && now - life.since >= bounds.settledMs;
      const deaths = isSettled ? 0 : life.deaths;
      const at = event.isKept ? now + respawnDelayMs(deaths, bounds) : Number.POSITIVE_INFINITY;
      return { state: "absent", at, deaths: deaths + 1 };
    }
  }
}

/** Milliseconds before a process that died `deaths` times in a row before is started again. */
export const respawnDelayMs = (deaths: number, { respawnBaseMs, respawnCapMs }: RespawnBounds): number =>
  deaths === 0 ? 0 : Math.min(respawnCapMs, respawnBaseMs * 2 ** (deaths - 1));
