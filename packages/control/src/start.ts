/**
 * Control as one running process: store, polls and routes put together and taken apart again. It depends on nobody: it
 * starts with no partition, no supervisor and no map, since everything else starts by asking it.
 */
import { randomBytes } from "node:crypto";
import {
  ConfigError,
  createApp,
  listen,
  serviceBounds,
  type ProcessContext,
  type RunningProcess,
} from "@cordon/runtime";
import { addRoutes } from "./api.ts";
import type { ControlServiceConfig, FirstMap } from "./config.ts";
import { complaintsAbout, readMapKey } from "./map.ts";
import { createPolls } from "./polls.ts";
import { openStore, type ControlStore } from "./store.ts";

/** Ports: `service`. Throws when the key, the folder or the port cannot be had, or the first map is none. */
export async function start({ config, clock, log }: ProcessContext<ControlServiceConfig>): Promise<RunningProcess> {
  await using scope = new AsyncDisposableStack();
  const mapKey = readMapKey(config.mapKeyFile);
  const polls = createPolls(config.polls.maxWaiting);
  const store = scope.adopt(await openStore(config, clock, log, makeStoreId, (feed) => polls.wake(feed)), (opened) =>
    opened.close(),
  );
  if (config.firstMap !== undefined) await publishFirst(store, config.firstMap);
  const app = scope.adopt(createApp(log, serviceBounds), (made) => made.close());
  // Released in reverse order: what waits is answered, then connections close, then the store.
  scope.defer(() => polls.close());
  addRoutes(app, { config, clock, store, polls, mapKey });
  const service = await listen(app, config.listen);
  const opened = scope.move();
  return { ports: { service }, close: () => opened.disposeAsync() };
}

/** Gives a store without a map its first one. Throws when the map is none, or when the disk did not take it. */
async function publishFirst(store: ControlStore, first: FirstMap): Promise<void> {
  if (store.map() !== undefined) return;
  const map = { epoch: 1, ...first };
  const complaints = complaintsAbout(map, undefined);
  if (complaints.length > 0) {
    const problems = complaints.map((message) => ({ line: 1, column: 1, path: "firstMap", message }));
    throw new ConfigError("the configuration", problems);
  }
  const { kind } = await store.publish(0, map);
  if (kind !== "published") throw new Error(`the first map could not be kept: ${kind}`);
}

const makeStoreId = (): string => randomBytes(16).toString("hex");
