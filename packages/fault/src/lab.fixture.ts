/**
 * What the tests of this package stand on: a time that is driven by hand, a small upstream, a client that remembers what
 * happened to it, and a book with one proxy between the two. All of it on 127.0.0.1, port 0, closed with its scope.
 */
import { connect, createServer, type Socket } from "node:net";
import { systemClock } from "@cordon/runtime";
import type { Toxic } from "@cordon/model";
import type { Answer } from "./answer.ts";
import { Book, type BookBounds } from "./book.ts";
import type { ProxyOrder } from "./entry.ts";
import type { Ground } from "./ground.ts";
import { parseHostPort } from "./host-port.ts";
import { parseToxic, parseToxicChange } from "./orders.ts";

const patienceMs = 15_000;

/** Waits until `condition` holds, looking again each turn of the event loop; gives up after 15 s with its text. */
export async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = systemClock.now() + patienceMs;
  while (!condition()) {
    if (systemClock.now() > giveUpAt) throw new Error(`it never came to pass that ${condition.toString()}`);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 1);
    });
  }
}

export interface HandGround extends Ground {
  /** Moves the clock and calls whatever is due, in order. */
  advance(ms: number): void;
}

/** A time that stands still until it is moved. */
function handGround(): HandGround {
  let now = 1_000_000;
  const due = new Set<{ at: number; call: () => void }>();
  return {
    clock: { now: () => now, wall: () => now },
    after(ms, then) {
      const item = { at: now + ms, call: then };
      due.add(item);
      return () => due.delete(item);
    },
    advance(ms) {
      const target = now + ms;
      for (;;) {
        const next = [...due].filter(({ at }) => at <= target).toSorted((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        due.delete(next);
        now = Math.max(now, next.at);
        next.call();
      }
      now = target;
    },
  };
}

export interface Upstream extends AsyncDisposable {
  readonly address: string;
  readonly sockets: Socket[];
  /** Everything it was ever sent, over all connections. */
  received(): Buffer;
}

/** A TCP server; by default it sends back what it gets, and its end after the client's. */
export async function startUpstream(serve: (socket: Socket) => void = echo): Promise<Upstream> {
  const sockets: Socket[] = [];
  const chunks: Buffer[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    address: `127.0.0.1:${portOf(server.address())}`,
    sockets,
    received: () => joined(chunks),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** All of it, kept as one: whoever looks every millisecond copies only what has come since. */
function joined(chunks: Buffer[]): Buffer {
  const [first = Buffer.alloc(0)] = chunks;
  const whole = chunks.length > 1 ? Buffer.concat(chunks) : first;
  chunks.splice(0, chunks.length, whole);
  return whole;
}

function echo(socket: Socket): void {
  socket.on("data", (chunk: Buffer) => socket.write(chunk));
  socket.on("end", () => socket.end());
}

export interface Client extends Disposable {
  readonly socket: Socket;
  received(): Buffer;
  /** How it stands: `open`, `ended` by its peer, `closed` in order, or the code of its error. */
  fate(): string;
}

/** Connects to `host:port`. A connection that is refused or reset is a client with that fate. */
export async function dial(address: string): Promise<Client> {
  const to = parseHostPort(address);
  if (to === undefined) throw new Error(`${address} is no address`);
  const chunks: Buffer[] = [];
  let fate = "open";
  const socket = connect({ ...to, allowHalfOpen: true, noDelay: true });
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("end", () => {
    fate = "ended";
  });
  socket.on("close", () => {
    if (fate === "open" || fate === "ended") fate = "closed";
  });
  await new Promise<void>((resolve) => {
    socket.on("connect", resolve);
    socket.on("error", (error: NodeJS.ErrnoException) => {
      fate = error.code ?? "error";
      resolve();
    });
  });
  return {
    socket,
    received: () => joined(chunks),
    fate: () => fate,
    [Symbol.dispose]: () => socket.destroy(),
  };
}

/** Sends `text` and waits until it has come back. */
export async function exchange(client: Client, text: string): Promise<void> {
  const before = client.received().length;
  client.socket.write(text);
  await until(() => client.received().length >= before + text.length);
}

export const testBounds: BookBounds = {
  maxProxies: 4,
  maxToxicsPerProxy: 4,
  maxOpenLinks: 64,
  maxDelayedBytes: 65_536,
};

export interface Lab extends AsyncDisposable {
  readonly book: Book;
  readonly ground: HandGround;
  /** Where the proxy `p` listens. */
  readonly address: string;
  /** What ran out: `proxy/toxic`. */
  readonly expired: string[];
  add(toxic: object): Toxic;
  change(name: string, change: object): void;
  remove(name: string): void;
  counters(): ReturnType<typeof counted>;
}

/** A book with one proxy, `p`, in front of `upstream`. */
export async function startLab(upstream: string, bounds: BookBounds = testBounds): Promise<Lab> {
  const ground = handGround();
  const expired: string[] = [];
  const book = new Book({
    seed: "seed",
    bounds,
    ground,
    onExpired: (proxy, toxic) => expired.push(toxic === undefined ? proxy : `${proxy}/${toxic.name}`),
  });
  const { listen } = value(await book.add(order("p", upstream)));
  return {
    book,
    ground,
    address: listen,
    expired,
    add: (toxic) => value(book.addToxic("p", value(parseToxic(toxic)), ground.clock.now())),
    change(name, change) {
      const changed = value(parseToxicChange(change, value(book.toxic("p", name))));
      value(book.replaceToxic("p", changed, ground.clock.now()));
    },
    remove: (name) => void value(book.removeToxic("p", name)),
    counters: () => counted(book),
    [Symbol.asyncDispose]: () => book.close(),
  };
}

export function order(name: string, upstream: string): ProxyOrder {
  const to = parseHostPort(upstream);
  if (to === undefined) throw new Error(`${upstream} is no address`);
  return { name, listen: { host: "127.0.0.1", port: 0 }, upstream: to, enabled: true };
}

/** The value of an answer that must not be a refusal. */
export function value<T>(answer: Answer<T>): T {
  if (answer.kind === "refused") throw new Error(answer.error);
  return answer.value;
}

const counted = (book: Book) => value(book.counters("p"));

/** The port of a listening server. */
function portOf(address: unknown): number {
  if (typeof address === "object" && address !== null && "port" in address) return Number(address.port);
  throw new Error("the server does not listen");
}
