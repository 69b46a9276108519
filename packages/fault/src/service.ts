/**
 * The fault process from the inside: the book of proxies, its API, and the proxies of the configuration, opened together
 * and closed together. It has no memory: a restarted fault process has the proxies of its configuration and no toxic.
 */
import { listen, serviceBounds, type Events, type Log } from "@cordon/runtime";
import { createFaultApi } from "./api.ts";
import { Book } from "./book.ts";
import type { FaultConfig } from "./config.ts";
import type { Ground } from "./ground.ts";
import { parseProxies } from "./orders.ts";

export interface FaultService extends AsyncDisposable {
  /** `api`: the base URL of the control API. */
  readonly ports: { readonly api: string };
  close(): Promise<void>;
}

export interface FaultServiceParts {
  readonly config: Pick<FaultConfig, "api" | "seed" | "proxies" | "bounds">;
  readonly ground: Ground;
  readonly log: Log;
  readonly events: Events;
}

/** Starts the proxies and then the API. Throws when an address is not to be had: without it the process is of no use. */
export async function startFaultService({ config, ground, log, events }: FaultServiceParts): Promise<FaultService> {
  await using opened = new AsyncDisposableStack();
  const book = opened.use(
    new Book({
      seed: config.seed,
      bounds: config.bounds,
      ground,
      onExpired: (proxy, toxic) =>
        events.emit(
          "lease-expired",
          toxic === undefined
            ? `proxy ${proxy} was disabled, its lease was not renewed, and it is enabled again`
            : `toxic ${toxic.name} on proxy ${proxy} was not renewed and is taken away`,
        ),
    }),
  );
  const orders = parseProxies(config.proxies);
  if (orders.kind === "refused") throw new Error(`proxies: ${orders.error}`);
  const { failure } = await book.populate(orders.value);
  if (failure?.kind === "refused") throw new Error(`proxies: ${failure.error}`);
  const app = opened.adopt(createFaultApi(book, ground.clock, log, serviceBounds), (server) => server.close());
  const api = await listen(app, config.api);
  const owned = opened.move();
  const close = (): Promise<void> => owned.disposeAsync();
  return { ports: { api }, close, [Symbol.asyncDispose]: close };
}
