/** The auth front end as one running process, put together and taken apart again. */
import { createPartitionClient } from "@cordon/partition-client";
import {
  createApp,
  createControlClient,
  createHasher,
  listen,
  serviceBounds,
  type ProcessContext,
  type RunningProcess,
} from "@cordon/runtime";
import { addRoutes } from "./api.ts";
import type { AuthConfig } from "./config.ts";
import { createFallback, type Fallback } from "./fallback.ts";
import { openKeys } from "./keys.ts";
import { createSignInDesk } from "./sign-in.ts";
import { openAuthStore } from "./store.ts";
import { createTokens } from "./tokens.ts";

/** argon2id of nothing anybody types, at the cost every hash has (19 MiB, two passes, one lane). */
const decoy = "$argon2id$v=19$m=19456,t=2,p=1$jFfKrKqfi3PLtSdd2Byt1w$RkGZlf/Wo7DBkMUHvhGZVQWs2fplwY7shc4rqdWpHnQ";

/** Ports: `service`. Throws when a key, the folder or the port cannot be had. */
export async function start({
  config,
  clock,
  log,
  events,
  link,
  random,
}: ProcessContext<AuthConfig>): Promise<RunningProcess> {
  await using scope = new AsyncDisposableStack();
  const keys = openKeys(config.dataDir);
  const tokens = await createTokens(keys, config.issuer);
  const { fallback: settings } = config;
  const store = scope.adopt(
    openAuthStore(config.dataDir, settings === "off" ? 1 : settings.maxEntries, config.mapSizeBytes),
    (opened) => opened.close(),
  );
  const hasher = scope.adopt(createHasher(link, "auth", clock), (made) => made.close());
  const control = scope.adopt(createControlClient(config.control, clock, random), (made) => made.close());
  control.followRevocations((feed) => store.revoke(feed.entries));
  const partitions = scope.adopt(
    createPartitionClient({ settings: config.guard, control, link, events, clock, random, log }),
    (made) => made.close(),
  );
  const fallback: Fallback | undefined =
    settings === "off"
      ? undefined
      : createFallback({ settings, store, hasher, hostKey: keys.host, clock, decoy, feedHeardAt: control.feedHeardAt });
  const desk = createSignInDesk({
    partitions,
    store,
    fallback,
    events,
    clock,
    signInBudgetMs: config.signInBudgetMs,
    fallbackReserveMs: config.fallbackReserveMs,
  });
  const app = scope.adopt(createApp(log, serviceBounds), (made) => made.close());
  await addRoutes(app, {
    desk,
    tokens,
    clock,
    tokenSeconds: config.tokenSeconds,
    degradedTokenSeconds: settings === "off" ? config.tokenSeconds : settings.tokenSeconds,
    maxSignIns: config.maxSignIns,
  });
  const service = await listen(app, config.listen);
  await partitions.ready();
  const opened = scope.move();
  return { ports: { service }, close: () => opened.disposeAsync() };
}
