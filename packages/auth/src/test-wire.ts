/**
 * Those the door speaks with, as small services of a test: control with its three feeds, a supervisor that hands out
 * seats, and a role instance of a directory partition. Each says what it was asked, and can be told to behave otherwise.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  downBeatEveryMs,
  type DownLine,
  type OperatorState,
  type PartitionMap,
  type Revocation,
  type RevocationReason,
  type SignedMap,
  type UpLine,
  type VerifyAnswer,
  type VerifyRequest,
} from "@cordon/model";
import { createLineSplitter } from "@cordon/runtime";

export const token = "a token of this test";

export interface TestControl extends AsyncDisposable {
  readonly url: string;
  /** The public key of its maps, PEM. */
  readonly mapKey: string;
  /** `silent`: it takes questions and answers none. */
  mood: "answers" | "silent";
  publish(map: PartitionMap): void;
  /** The operator's word on a partition; resolves once whoever follows the orders has taken it. */
  order(partition: string, mode: "isolated" | "automatic"): Promise<void>;
  /** One line of the revocation log; resolves once whoever follows the log has taken it. */
  revoke(address: string, reason: RevocationReason): Promise<void>;
  /** Begins a follower that is about to start: what the one before it had taken counts no more. */
  expectFollower(): void;
  /** Resolves once the follower has taken all there is of orders and log. */
  followed(): Promise<void>;
}

type Feed = "/v1/map" | "/v1/operator" | "/v1/revocations";

export async function startControl(): Promise<TestControl> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const log: Revocation[] = [];
  const held = new Set<() => void>();
  /** What each feed was last asked to continue from, and who waits for it to be asked so. */
  const heard = new Map<string, number>();
  const waiters = new Set<() => void>();
  let map: PartitionMap | undefined;
  let operator: OperatorState = { revision: 0, partitions: {}, failovers: [] };

  const newest = (feed: Feed): number =>
    feed === "/v1/map" ? (map?.epoch ?? -1) : feed === "/v1/operator" ? operator.revision : log.length;
  const contentOf = (feed: Feed, after: number): unknown => {
    switch (feed) {
      case "/v1/map":
        return signed(map);
      case "/v1/operator":
        return operator;
      case "/v1/revocations":
        return { revision: log.length, entries: log.filter(({ revision }) => revision > after).slice(0, 1000) };
    }
  };
  const signed = (content: unknown): SignedMap => {
    const payload = Buffer.from(JSON.stringify(content)).toString("base64url");
    return { payload, signature: sign(null, Buffer.from(payload), privateKey).toString("base64url") };
  };
  const release = (): void => held.forEach((answer) => answer());

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://control.test");
    const feed = pathname as Feed;
    const after = Number(searchParams.get("after"));
    heard.set(feed, after);
    waiters.forEach((look) => look());
    const answer = (): void => {
      if (control.mood === "silent" || newest(feed) <= after) return;
      held.delete(answer);
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(contentOf(feed, after)));
    };
    held.add(answer);
    response.on("close", () => held.delete(answer));
    answer();
  }

  const taken = (feed: Feed): Promise<void> => {
    const wanted = newest(feed);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if ((heard.get(feed) ?? -1) < wanted) return;
      waiters.delete(look);
      resolve();
    };
    waiters.add(look);
    release();
    look();
    return promise;
  };

  const server = createHttpServer(serve);
  const control: TestControl = {
    url: await listenOn(server),
    mapKey: publicKey.export({ type: "spki", format: "pem" }),
    mood: "answers",
    publish(next) {
      map = next;
      release();
    },
    order(partition, mode) {
      const revision = operator.revision + 1;
      const word = mode === "isolated" ? { mode, revision, since: Date.now() } : { mode, revision };
      operator = { revision, partitions: { ...operator.partitions, [partition]: word }, failovers: [] };
      return taken("/v1/operator");
    },
    revoke(address, reason) {
      const credentialEpoch = log.filter((line) => line.address === address).length + 1;
      log.push({ revision: log.length + 1, address, reason, credentialEpoch, at: Date.now() });
      return taken("/v1/revocations");
    },
    expectFollower: () => heard.clear(),
    async followed() {
      await Promise.all([taken("/v1/operator"), taken("/v1/revocations")]);
    },
    [Symbol.asyncDispose]: () => stop(server),
  };
  return control;
}

export interface TestUser {
  readonly password: string;
  readonly credentialEpoch: number;
  readonly disabled?: boolean;
}

export interface TestRole extends AsyncDisposable {
  readonly url: string;
  /** By canonical address. */
  readonly users: Map<string, TestUser>;
  manner: "answers" | "silent" | "busy";
  /** Verify questions, oldest first. */
  readonly asked: VerifyRequest[];
  /** Questions that are open now. */
  open: number;
}

export async function startRole(): Promise<TestRole> {
  const verdict = ({ address, password }: VerifyRequest): VerifyAnswer => {
    const user = role.users.get(address);
    if (user === undefined) return { kind: "unknown" };
    if (user.disabled === true) return { kind: "disabled" };
    if (user.password !== password) return { kind: "mismatch" };
    const tenant = address.slice(address.indexOf("@") + 1);
    return { kind: "verified", userId: `id of ${address}`, address, tenant, credentialEpoch: user.credentialEpoch };
  };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const question = JSON.parse(await text(request)) as VerifyRequest;
    role.asked.push(question);
    role.open += 1;
    response.on("close", () => (role.open -= 1));
    switch (role.manner) {
      case "answers":
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(verdict(question)));
        return;
      case "busy":
        response.writeHead(429, { "retry-after": "7" }).end("{}");
        return;
      case "silent":
    }
  }
  const server = createHttpServer((request, response) => void serve(request, response));
  const role: TestRole = {
    url: await listenOn(server),
    users: new Map(),
    manner: "answers",
    asked: [],
    open: 0,
    [Symbol.asyncDispose]: () => stop(server),
  };
  return role;
}

export interface TestSupervisor extends AsyncDisposable {
  readonly socket: string;
  /** Whether an ask for a seat is granted at once, or left waiting until `grant`. */
  grants: boolean;
  /** Queues that were asked for a seat, in order, and how many seats came back. */
  readonly asks: string[];
  seatsBack: number;
  /** Grants what waits, and from now on everything at once. */
  grant(): void;
}

export async function startSupervisor(folder: string): Promise<TestSupervisor> {
  const socket = join(folder, "supervisor.sock");
  const connections = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const send = (to: Socket, line: DownLine): void => void to.write(`${JSON.stringify(line)}\n`);
  const server = createServer((connection) => {
    connections.add(connection);
    const splitter = createLineSplitter(65_536, (raw) => {
      const line = JSON.parse(raw) as UpLine;
      if (line.type === "seat-back") supervisor.seatsBack += 1;
      if (line.type !== "seat-ask") return;
      supervisor.asks.push(line.queue);
      const give = (): void => send(connection, { type: "seat", ask: line.ask, leaseMs: 10_000, free: 1 });
      if (supervisor.grants) give();
      else waiting.push(give);
    });
    connection.on("data", (chunk: Buffer) => splitter.push(chunk));
    connection.on("error", () => {});
    connection.on("close", () => connections.delete(connection));
  });
  server.listen(socket);
  await once(server, "listening");
  const beats = setInterval(() => {
    for (const connection of connections) send(connection, { type: "beat", freeSeats: 1 });
  }, downBeatEveryMs);
  const supervisor: TestSupervisor = {
    socket,
    grants: true,
    asks: [],
    seatsBack: 0,
    grant() {
      supervisor.grants = true;
      for (const give of waiting.splice(0)) give();
    },
    async [Symbol.asyncDispose]() {
      clearInterval(beats);
      for (const connection of connections) connection.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return supervisor;
}

async function listenOn(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
