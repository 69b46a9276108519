/**
 * What a partition's Redis is told. Its store promises that what was acknowledged is on the disk, and this is where that
 * is made true: each write is in the append-only file, and synced, before Redis answers anybody from it. It asks for a
 * password wherever it listens, since on the loopback any user of the host may connect; its own, because whoever takes the
 * port while it is down is told it.
 */
import { createHmac } from "node:crypto";
import type { LabPlan } from "./plan.ts";

/** More than the users of any lab take; past it a write is refused, and nothing is ever thrown out to make room. */
const maxMemory = "256mb";
/** Role instances have a connection each, and the supervisor one. */
const maxClients = 64;

interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly password: string;
}

/** Of one partition's Redis. It orders nothing anywhere else, and the run's token does not follow from it. */
export const redisPassword = (token: string, partition: string): string =>
  createHmac("sha256", token).update(`the Redis of ${partition}`).digest("hex");

/** A configuration file in Redis's own form. `data`: a folder that is there. */
export const redisConf = ({ host, port, data, password }: RedisPlace): string =>
  `${[
    `bind ${host}`,
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(data)}`,
    "appendonly yes",
    "appendfsync always",
    'save ""',
    `maxmemory ${maxMemory}`,
    "maxmemory-policy noeviction",
    `maxclients ${maxClients}`,
    // A Redis that renames itself writes over its environment, which holds the mark of the run.
    "set-proc-title no",
  ].join("\n")}\n`;

export const redisUrl = (host: string, port: number, password: string): string =>
  `redis://:${password}@${host}:${port}`;

/** The port of a partition's Redis. Throws where the plan has none. */
export function redisPort({ store }: Pick<LabPlan, "store">, partition: string | undefined): number {
  const port = store.kind === "redis" && partition !== undefined ? store.ports[partition] : undefined;
  if (port === undefined) throw new Error(`${partition ?? "no partition"} has no Redis in this plan`);
  return port;
}
