/**
 * Control as one running process: store, polls and routes put together and taken apart again. It depends on nobody: it
 * starts with no partition, no supervisor and no map, since everything else starts by asking it.
 */
import { randomBytes } from "node:crypto";
import { createApp, listen, serviceBounds, type ProcessContext, type RunningProcess } from "@cordon/runtime";
import { addRoutes } from "./api.ts";
import type { ControlServiceConfig } from "./config.ts";
import { readMapKey } from "./map.ts";
import { createPolls } from "./polls.ts";
import { openStore } from "./store.ts";

/** Ports: `service`. Throws when the key, the folder or the port cannot be had. */
export async function start({ config, clock, log }: ProcessContext<ControlServiceConfig>): Promise<RunningProcess> {
  await using scope = new AsyncDisposableStack();
  const mapKey = readMapKey(config.mapKeyFile);
  const polls = createPolls(config.polls.maxWaiting);
  const store = scope.adopt(
    await openStore(config, clock, log, makeStoreId, (feed) => polls.wake(feed)),
    (opened) => opened.close(),
  );
  const app = scope.adopt(createApp(log, serviceBounds), (made) => made.close());
  // Released in reverse order: what waits is answered, then connections close, then the store.
  scope.defer(() => polls.close());
  addRoutes(app, { config, clock, store, polls, mapKey });
  const service = await listen(app, config.listen);
  const opened = scope.move();
  return { ports: { service }, close: () => opened.disposeAsync() };
}

const makeStoreId = (): string => randomBytes(16).toString("hex");
