/**
 * Which store a role instance stands on: the one its configuration names. Nothing behind this knows which it is, and both
 * are held to one contract, so that a drill's figures differ by the store and by nothing else.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { ProcessContext } from "@cordon/runtime";
import type { DirectoryConfig } from "./config.ts";
import { createLmdbStore } from "./store-lmdb.ts";
import { createRedisStore } from "./store-redis.ts";
import type { Store } from "./store.ts";

export function openStore({
  config,
  clock,
  random,
  log,
}: Pick<ProcessContext<DirectoryConfig>, "config" | "clock" | "random" | "log">): Store {
  const { waitingReads, revisionPollMs, waitingWrites } = config.bounds;
  switch (config.store.kind) {
    case "lmdb":
      return createLmdbStore({
        file: join(config.store.dataDir, "directory.mdb"),
        clock,
        waitingReads,
        revisionPollMs,
        // Each change commits once, and an import one batch at a time.
        pendingCommits: 2 * waitingWrites,
      });
    case "redis":
      return createRedisStore({
        ...config.store,
        partition: config.partition,
        clock,
        waitingReads,
        revisionPollMs,
        random,
        newId: randomUUID,
        tell: (detail) => log.warn({ store: "redis" }, detail),
      });
  }
}
