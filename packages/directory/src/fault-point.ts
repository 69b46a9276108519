/**
 * The fault point of a role instance, for the lab's `verify-only` variant of the June 2014 drill: the harm has to be done
 * inside the process, since no proxy outside can tell a verify from a look-up. It exists only where the configuration says
 * so. Invariants: what hangs is let go when the point is switched off, when its client leaves and when the process ends; at
 * most `maxHanging` requests hang, and the connection of a further one is closed without an answer.
 */
import { Type, type Static } from "typebox";

export const FaultPointsSchema = Type.Object(
  { verify: Type.Union([Type.Literal("hang"), Type.Literal("none")]) },
  { additionalProperties: false },
);
export type FaultPoints = Static<typeof FaultPointsSchema>;

/** How a request came out of the fault point. */
export type Passage = "passes" | "left" | "full";

export interface FaultPoint {
  set(points: FaultPoints): void;
  /** Lets a verify through at once, or, while it hangs, when the point is switched off or `left` is aborted. */
  passVerify(left: AbortSignal): Promise<Passage>;
}

export function createFaultPoint(maxHanging: number): FaultPoint {
  const hanging = new Set<(passage: Passage) => void>();
  let verify: FaultPoints["verify"] = "none";
  return {
    set(points) {
      ({ verify } = points);
      if (verify === "hang") return;
      for (const letGo of hanging) letGo("passes");
    },
    passVerify(left) {
      if (verify === "none") return Promise.resolve("passes");
      if (left.aborted) return Promise.resolve("left");
      if (hanging.size >= maxHanging) return Promise.resolve("full");
      return new Promise((resolve) => {
        const leave = (): void => letGo("left");
        const letGo = (passage: Passage): void => {
          hanging.delete(letGo);
          left.removeEventListener("abort", leave);
          resolve(passage);
        };
        hanging.add(letGo);
        left.addEventListener("abort", leave, { once: true });
      });
    },
  };
}
