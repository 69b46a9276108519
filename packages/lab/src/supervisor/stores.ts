/**
 * The Redis under each partition, where the lab's store is one: a process that is kept like any other, on its port and on
 * its data in each of its lives. It is no program of ours and has no link, so its word that it serves, and that it still
 * does, is its answer to PING: that is its hello and its beat. Only one that takes its password is believed, since a
 * stranger may have its port.
 * Invariant: one question at a time to each, so that a frozen one is owed nothing when it thaws.
 */
import { connect, type Socket } from "node:net";
import { beatEveryMs, type Clock, type Instant, type PartitionId } from "@cordon/model";
import { createLineSplitter } from "@cordon/runtime";
import { redisPassword, redisPort } from "../redis-conf.ts";
import { partitionIds, redisName, type LabPlan } from "../plan.ts";
import type { Processes } from "./processes.ts";

export interface Stores {
  /** Keeps what the partitions stand on, from now on. */
  keep(): void;
  /** Asks whom it is time to ask. */
  look(): void;
  /** Asks nobody any more. The processes live on. */
  close(): void;
}

interface Pulse {
  readonly socket: Socket;
  /** It took its password. */
  isOurs: boolean;
  /** When it was last asked; undefined when it has answered since. */
  askedAt: Instant | undefined;
  answeredAt: Instant;
}

/** An answer to PING or AUTH. */
const maxLineBytes = 1_024;

export function createStores(parts: {
  readonly plan: LabPlan;
  readonly token: string;
  readonly processes: Pick<Processes, "keep" | "get" | "heard" | "ready">;
  readonly clock: Clock;
}): Stores {
  const { plan, processes, clock } = parts;
  const partitions: readonly PartitionId[] = plan.store.kind === "redis" ? partitionIds(plan) : [];
  const pulses = new Map<PartitionId, Pulse>();

  const open = (partition: PartitionId): void => {
    const socket = connect(redisPort(plan, partition), "127.0.0.1");
    const pulse: Pulse = { socket, isOurs: false, askedAt: clock.now(), answeredAt: clock.now() };
    pulses.set(partition, pulse);
    const splitter = createLineSplitter(maxLineBytes, (line) => hear(partition, pulse, line.trimEnd()));
    socket.on("connect", () => socket.write(`AUTH ${redisPassword(parts.token, partition)}\r\nPING\r\n`));
    socket.on("data", (chunk: Buffer) => {
      if (!splitter.push(chunk)) socket.destroy();
    });
    // It is connected to again at the next look.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (pulses.get(partition) === pulse) pulses.delete(partition);
    });
  };

  const hear = (partition: PartitionId, pulse: Pulse, line: string): void => {
    if (!pulse.isOurs) {
      // The answer to AUTH comes first; whoever refuses it is nobody we know.
      if (line === "+OK") pulse.isOurs = true;
      else pulse.socket.destroy();
      return;
    }
    pulse.askedAt = undefined;
    pulse.answeredAt = clock.now();
    // While it reads its data in, it says so, and serves nobody.
    if (line !== "+PONG") return;
    const name = redisName(partition);
    processes.heard(name);
    if (processes.get(name)?.life.state === "starting")
      processes.ready(name, { redis: `127.0.0.1:${redisPort(plan, partition)}` });
  };

  return {
    keep() {
      for (const partition of partitions) processes.keep({ name: redisName(partition), role: "redis", partition });
    },
    look() {
      const now = clock.now();
      for (const partition of partitions) {
        const pulse = pulses.get(partition);
        const life = processes.get(redisName(partition))?.life;
        if (life === undefined || life.state === "absent") pulse?.socket.destroy();
        else if (pulse === undefined) open(partition);
        else if (pulse.askedAt === undefined && now - pulse.answeredAt >= beatEveryMs) {
          pulse.askedAt = now;
          pulse.socket.write("PING\r\n");
        }
      }
    },
    close() {
      for (const { socket } of pulses.values()) socket.destroy();
    },
  };
}
