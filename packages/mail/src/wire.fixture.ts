/**
 * The other processes mail meets, for its tests: small HTTP servers over real sockets that speak the wires of control, of
 * a directory partition and of auth, each with manners a test can change while it runs. Nothing here is code of ours
 * under another name: it is the far end of a wire. Every server is closed by scope.
 */
import { generateKeyPairSync, sign } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { LookupAnswer, OperatorState, PartitionMap, SignedMap } from "@cordon/model";

export interface Wire extends AsyncDisposable {
  readonly url: string;
}

type Serve = (path: string, body: unknown, response: ServerResponse) => void;

const answer = (response: ServerResponse, status: number, value: unknown): void => {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(value === undefined ? undefined : JSON.stringify(value));
};

async function startWire(serve: Serve): Promise<Wire> {
  const server: Server = createServer((request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      serve(request.url ?? "", text === "" ? undefined : JSON.parse(text), response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

export interface PartitionWire extends Wire {
  /** `silent` accepts and never answers, and keeps what it was asked. */
  manner: "answers" | "silent";
  /** What each address stands for; one that is not there is unknown. */
  readonly records: Map<string, LookupAnswer>;
  /** Look-ups of each address, canaries apart. */
  readonly asked: Map<string, number>;
}

/** A role instance of a partition, which knows `names` as users. */
export async function startPartition(names: readonly string[]): Promise<PartitionWire> {
  const records = new Map<string, LookupAnswer>(names.map((name) => [name, { kind: "mailbox", mailbox: name }]));
  const asked = new Map<string, number>();
  const state = { manner: "answers" as PartitionWire["manner"] };
  const wire = await startWire((_path, body, response) => {
    const { address } = body as { address: string };
    asked.set(address, (asked.get(address) ?? 0) + 1);
    if (state.manner === "answers") answer(response, 200, records.get(address) ?? { kind: "unknown" });
  });
  return {
    ...wire,
    records,
    asked,
    get manner() {
      return state.manner;
    },
    set manner(manner) {
      state.manner = manner;
    },
  };
}

export interface ControlWire extends Wire {
  readonly mapKey: string;
  /** Gives the operator's hand on a partition. */
  operator(partition: string, mode: "automatic" | "isolated"): void;
}

/** control, as far as mail follows it: one map, and the operator's orders. */
export async function startControl(map: PartitionMap): Promise<ControlWire> {
  const keys = generateKeyPairSync("ed25519");
  const payload = Buffer.from(JSON.stringify(map)).toString("base64url");
  const signed: SignedMap = {
    payload,
    signature: sign(null, Buffer.from(payload), keys.privateKey).toString("base64url"),
  };
  let state: OperatorState = { revision: 0, partitions: {}, failovers: [] };
  let waiting: ServerResponse[] = [];
  const wire = await startWire((path, _body, response) => {
    const url = new URL(path, "http://control");
    const after = Number(url.searchParams.get("after"));
    if (url.pathname === "/v1/map" && after < map.epoch) return answer(response, 200, signed);
    if (url.pathname === "/v1/operator" && after < state.revision) return answer(response, 200, state);
    if (url.pathname === "/v1/operator") waiting.push(response);
    // Anything else is a long poll that nothing newer comes to.
  });
  return {
    ...wire,
    mapKey: keys.publicKey.export({ type: "spki", format: "pem" }),
    operator(partition, mode) {
      const revision = state.revision + 1;
      const hand = mode === "isolated" ? ({ mode, revision, since: 0 } as const) : ({ mode, revision } as const);
      state = { ...state, revision, partitions: { ...state.partitions, [partition]: hand } };
      for (const response of waiting) answer(response, 200, state);
      waiting = [];
    },
  };
}

/** auth's sign-in: `status` for every question, or `silent`. */
export async function startAuth(): Promise<Wire & { says: number | "silent"; readonly asked: unknown[] }> {
  const state = { says: 200 as number | "silent" };
  const asked: unknown[] = [];
  const wire = await startWire((_path, body, response) => {
    asked.push(body);
    if (state.says !== "silent") answer(response, state.says, {});
  });
  return {
    ...wire,
    asked,
    get says() {
      return state.says;
    },
    set says(says) {
      state.says = says;
    },
  };
}
