/**
 * One role instance, put together: the partition's store, two ports, a hasher in the partition's queue, and an ear for
 * appointments. Several of these over one store are the partition; each can be frozen or killed alone.
 */
import { randomBytes, randomUUID } from "node:crypto";
import { createControlClient } from "@cordon/control-client";
import {
  createApp,
  createHasher,
  dummyPhc,
  listen,
  serviceBounds,
  type ProcessContext,
  type RunningProcess,
} from "@cordon/runtime";
import { addReadRoutes } from "./api.ts";
import { addWriteRoutes } from "./api-write.ts";
import { createAppointments } from "./appointment.ts";
import type { DirectoryConfig } from "./config.ts";
import { createFaultPoint } from "./fault-point.ts";
import { createForwarder } from "./forward.ts";
import { addHealthRoutes } from "./health.ts";
import { openStore } from "./open-store.ts";
import { createTurns } from "./turns.ts";
import { createVerifiedRecently } from "./verified-recently.ts";
import { createWrites } from "./write.ts";

const hmacKeyBytes = 32;
const takeTermAgainMs = 500;

export async function start(context: ProcessContext<DirectoryConfig>): Promise<RunningProcess> {
  const { config, clock, log, link } = context;
  await using starting = new AsyncDisposableStack();
  const startedAt = clock.now();

  const store = openStore(context);
  starting.defer(() => store.close());
  const hasher = createHasher(link, config.partition, clock);
  starting.defer(() => hasher.close());
  const control = createControlClient(config.control, clock, context.random);
  starting.defer(() => control.close());
  const forwarder = createForwarder(config.bounds.forwardConnections, clock);
  starting.defer(() => forwarder.close());
  const appointments = createAppointments({
    me: config.instance,
    store,
    confirm: (term, writes) => link.appointed(term, writes),
    log,
    takeAgainMs: takeTermAgainMs,
  });
  starting.defer(() => appointments.close());

  const onStale = (term: number): void => appointments.lost(term);
  const recently = createVerifiedRecently(config.verifiedRecently, randomBytes(hmacKeyBytes), clock);
  const faultPoint = config.faultPoints ? createFaultPoint(config.bounds.connections, after) : undefined;
  const writes = createWrites({
    store,
    control,
    controlTimeoutMs: config.controlTimeoutMs,
    hasher,
    turns: createTurns(config.bounds.waitingWrites),
    clock,
    newUserId: randomUUID,
    onStale,
  });

  const maxConnections = config.bounds.connections;
  const service = createApp(log, { ...serviceBounds, maxConnections });
  starting.defer(() => service.close());
  const verifyParts = { store, hasher, recently, dummy: dummyPhc(randomBytes) };
  addReadRoutes(service, { config, clock, store, verifyParts, faultPoint, freeSeats: () => link.freeSeats() });
  const importParts = { store, bounds: config.import, clock, newUserId: randomUUID, onStale };
  addWriteRoutes(service, { config, clock, appointments, forwarder, writes, importParts });
  const health = createApp(log, { ...serviceBounds, maxConnections });
  starting.defer(() => health.close());
  addHealthRoutes(health, { config, appointments, store, uptimeMs: () => clock.now() - startedAt, faultPoint });

  const ports = {
    service: await listen(service, config.listen.service),
    health: await listen(health, config.listen.health),
  };
  link.onAppointment((appointment) => appointments.obey(appointment));
  if (config.supervisorSocket === null && config.appointment !== null) appointments.obey(config.appointment);

  const running = starting.move();
  return { ports, close: () => running.disposeAsync() };
}

/** A lease is no reason to live: a process that ends has nothing to heal. */
function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms).unref();
  return () => clearTimeout(timer);
}
