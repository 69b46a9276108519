/** The auth front end as one running process, put together and taken apart again. */
import { randomBytes } from "node:crypto";
import { createPartitionClient, firstMap } from "@cordon/partition-client";
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
import { addRoutes } from "./api.ts";
import type { AuthConfig } from "./config.ts";
import { createFallback, type Fallback } from "./fallback.ts";
import { openKeys } from "./keys.ts";
import { createSignInDesk } from "./sign-in.ts";
import { openAuthStore } from "./store.ts";
import { createTokens } from "./tokens.ts";

/** How often a door without a map says that it is none. */
const noMapEveryMs = 5_000;

/**
 * Ports: `service`. It serves from the first moment on and answers 503 until it has a partition map; it is ready only then.
 * Throws when a key, the folder or the port cannot be had.
 */
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
    openAuthStore({
      dir: config.dataDir,
      maxCredentials: settings === "off" ? 0 : settings.maxEntries,
      mapSizeBytes: config.mapSizeBytes,
      onLost: (error) => log.warn({ err: error }, "the store did not take a write; a restart will not know of it"),
    }),
    (opened) => opened.close(),
  );
  const hasher = scope.adopt(createHasher(link, "auth", clock), (made) => made.close());
  const control = scope.adopt(createControlClient(config.control, clock, random), (made) => made.close());
  control.followRevocations((feed) => store.revoke(feed));
  const partitions = scope.adopt(
    createPartitionClient({ settings: config.guard, control, link, events, clock, random, log }),
    (made) => made.close(),
  );
  const fallback: Fallback | undefined =
    settings === "off"
      ? undefined
      : createFallback({
          settings,
          store,
          hasher,
          hostKey: keys.host,
          clock,
          log,
          feedHeardAt: () => control.feedHeardAt(),
          decoy: dummyPhc(randomBytes),
        });
  const desk = createSignInDesk({
    partitions,
    store,
    fallback,
    events,
    log,
    fallbackReserveMs: config.fallbackReserveMs,
  });
  const app = scope.adopt(createApp(log, serviceBounds), (made) => made.close());
  await addRoutes(app, {
    desk,
    tokens,
    clock,
    signInBudgetMs: config.signInBudgetMs,
    deadlines: config.guard.deadlineMs !== "off",
    tokenSeconds: config.tokenSeconds,
    degradedTokenSeconds: settings === "off" ? config.tokenSeconds : settings.tokenSeconds,
    maxSignIns: config.maxSignIns,
  });
  const service = await listen(app, config.listen);
  const meanwhile = "sign-ins are answered 503";
  await firstMap({ client: partitions, log, controlUrl: config.control.url, meanwhile, everyMs: noMapEveryMs });
  const opened = scope.move();
  return { ports: { service }, close: () => opened.disposeAsync() };
}
