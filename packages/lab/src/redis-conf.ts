/**
 * What a partition's Redis is told. Its store promises that what was acknowledged is on the disk, and this is where that
 * is made true: each write is in the append-only file, and synced, before Redis answers anybody from it. It asks for the
 * token wherever it listens, since on the loopback any user of the host may connect.
 */
import type { LabPlan } from "./plan.ts";

/** More than the users of any lab take; past it a write is refused, and nothing is ever thrown out to make room. */
const maxMemory = "256mb";
/** Role instances have a connection each, and the supervisor one. */
const maxClients = 64;

interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly token: string;
}

/** A configuration file in Redis's own form. `data`: a folder that is there. */
export const redisConf = ({ host, port, data, token }: RedisPlace): string =>
  `${[
    `bind ${host}`,
    `port ${port}`,
    `requirepass ${token}`,
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

export const redisUrl = (port: number, token: string): string => `redis://:${token}@127.0.0.1:${port}`;

/** The port of a partition's Redis. Throws where the plan has none. */
export function redisPort({ store }: Pick<LabPlan, "store">, partition: string | undefined): number {
  const port = store.kind === "redis" && partition !== undefined ? store.ports[partition] : undefined;
  if (port === undefined) throw new Error(`${partition ?? "no partition"} has no Redis in this plan`);
  return port;
}
