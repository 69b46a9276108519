/**
 * The health port: what this process thinks of itself, and nothing else. It stays green while the service port is
 * silent, as in every gray failure of the record; callers judge by their own evidence, and this convicts and acquits
 * nobody. The lab's fault points are switched here, since the service port is what they break.
 */
import { requireToken, type App } from "@cordon/runtime";
import { termOf, type Appointments } from "./appointment.ts";
import type { DirectoryConfig } from "./config.ts";
import { FaultPointsSchema, type FaultPoint, type FaultPoints } from "./fault-point.ts";
import type { Store } from "./store.ts";

export interface HealthParts {
  readonly config: Pick<DirectoryConfig, "instance" | "partition" | "control">;
  readonly appointments: Pick<Appointments, "role">;
  readonly store: Pick<Store, "position">;
  /** Milliseconds since the process began to serve. */
  readonly uptimeMs: () => number;
  readonly faultPoint: FaultPoint | undefined;
}

export function addHealthRoutes(app: App, { config, appointments, store, uptimeMs, faultPoint }: HealthParts): void {
  app.get("/health", async () => {
    const role = appointments.role();
    const position = await store.position();
    return {
      status: "ok",
      instance: config.instance,
      partition: config.partition,
      term: termOf(role),
      writes: role.state === "writing",
      revision: position.kind === "position" ? position.revision : 0,
      uptimeMs: Math.round(uptimeMs()),
    };
  });
  if (faultPoint === undefined) return;
  app.post<{ Body: FaultPoints }>(
    "/fault-points",
    { onRequest: requireToken(config.control.token), schema: { body: FaultPointsSchema } },
    async ({ body }) => {
      faultPoint.set(body);
      return body;
    },
  );
}
