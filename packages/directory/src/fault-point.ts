/**
 * The fault point of a role instance, for the lab's `verify-only` variant of the June 2014 drill: the harm has to be done
 * inside the process, since no proxy outside can tell a verify from a look-up. It exists only where the configuration says
 * so. Invariants: it hangs on a lease, and switches itself off when nobody has renewed it; what hangs is let go when the
 * point is switched off, when its client leaves and when the process ends; at most `maxHanging` requests hang, and the
 * connection of a further one is closed without an answer.
 */
import { Type, type Static } from "typebox";

/** A day: longer than any drill. */
const longestLeaseMs = 86_400_000;

export const FaultPointsSchema = Type.Union([
  /** Said again, the lease begins anew. */
  Type.Object(
    { verify: Type.Literal("hang"), leaseMs: Type.Integer({ minimum: 1, maximum: longestLeaseMs }) },
    { additionalProperties: false },
  ),
  Type.Object({ verify: Type.Literal("none") }, { additionalProperties: false }),
]);
export type FaultPoints = Static<typeof FaultPointsSchema>;

/** How a request came out of the fault point. */
export type Passage = "passes" | "left" | "full";

export interface FaultPoint {
  set(points: FaultPoints): void;
  /** Lets a verify through at once, or, while it hangs, when the point is switched off or `left` is aborted. */
  passVerify(left: AbortSignal): Promise<Passage>;
}

/** `after` calls `then` once, `ms` milliseconds from now; what it returns calls that off. */
export function createFaultPoint(maxHanging: number, after: (ms: number, then: () => void) => () => void): FaultPoint {
  const hanging = new Set<(passage: Passage) => void>();
  let verify: FaultPoints["verify"] = "none";
  let endLease = (): void => {};
  const heal = (): void => {
    verify = "none";
    for (const letGo of hanging) letGo("passes");
  };
  return {
    set(points) {
      endLease();
      endLease = () => {};
      if (points.verify === "none") return heal();
      verify = "hang";
      endLease = after(points.leaseMs, heal);
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
