/** Sign-ins as the benches make them: who signs in, and the load of it on a front door. */
import type { LabUser } from "@cordon/lab";
import { load, type LoadSeen } from "./load.ts";

const headers = { "content-type": "application/json" };
/** As long as a person waits before trying again. */
const patienceSeconds = 2;

const bodyOf = ({ address, password }: LabUser): string => JSON.stringify({ address, password });

/** The users sign in at `door` again and again, from so many connections at once. */
export const signIns = (
  door: string,
  users: readonly LabUser[],
  connections: number,
  seconds: number,
): Promise<LoadSeen> =>
  load({
    url: `${door}/v1/sign-in`,
    method: "POST",
    headers,
    bodies: users.map(bodyOf),
    connections,
    seconds,
    patienceSeconds,
  });

/** One sign-in; whether it was answered by the partition itself. */
export async function signsIn(door: string, user: LabUser): Promise<boolean> {
  try {
    const response = await fetch(`${door}/v1/sign-in`, {
      method: "POST",
      headers,
      body: bodyOf(user),
      signal: AbortSignal.timeout(patienceSeconds * 1_000),
    });
    const answer = (await response.json()) as { degraded?: boolean };
    return response.ok && answer.degraded === false;
  } catch {
    return false;
  }
}
