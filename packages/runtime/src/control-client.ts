/**
 * A process's end of `control`: it follows the map, the operator's orders and the revocation log by long poll, keeps a
 * signed copy of the map on disk, and goes on with what it has when control is gone. How old that is, it can always say.
 * A map whose signature is wrong, or whose epoch is lower than one already seen, is not taken.
 */
import { createPublicKey, verify } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { Type, type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import {
  OperatorStateSchema,
  PartitionMapSchema,
  RevocationFeedSchema,
  RevocationSchema,
  SignedMapSchema,
  type Clock,
  type Instant,
  type MapChange,
  type NewRevocation,
  type OperatorOrder,
  type OperatorState,
  type PartitionMap,
  type Revocation,
  type RevocationFeed,
  type SignedMap,
} from "@cordon/model";

/** What a process must be told to speak with control. */
export const ControlConfigSchema = Type.Object({
  /** Base URL of control. */
  url: Type.String({ format: "uri" }),
  /** The lab's token, for calls that change something. */
  token: Type.String({ minLength: 16 }),
  /** The Ed25519 public key maps are signed with, SPKI PEM. */
  mapKey: Type.String({ minLength: 32 }),
  /** Where the copy of the map is kept. */
  mapFile: Type.String({ minLength: 1 }),
});
export type ControlConfig = Static<typeof ControlConfigSchema>;

/** control did not do what it was asked: it could not be reached, or it said no. */
export type Unavailable = { readonly kind: "unavailable"; readonly detail: string };
export type Conflict = { readonly kind: "conflict" };

export interface ControlClient {
  /** Calls `onMap` with the copy on disk at once, if there is a good one, then with each newer map. */
  followMap(onMap: (map: PartitionMap) => void): void;
  followOperator(onState: (state: OperatorState) => void): void;
  /** Calls `onFeed` with each batch, in order; the log is followed from its beginning. */
  followRevocations(onFeed: (feed: RevocationFeed) => void): void;
  /** When control last answered the revocation feed; -Infinity when it never did. */
  feedHeardAt(): Instant;
  /** Durable when answered. */
  revoke(
    revocation: NewRevocation,
    timeoutMs: number,
  ): Promise<{ kind: "revoked"; revocation: Revocation } | Unavailable>;
  putMap(
    change: MapChange,
    timeoutMs: number,
  ): Promise<{ kind: "published"; map: PartitionMap } | Conflict | Unavailable>;
  order(order: OperatorOrder, timeoutMs: number): Promise<{ kind: "ordered"; state: OperatorState } | Unavailable>;
  close(): void;
}

const pollWaitMs = 10_000;
const pollTimeoutMs = pollWaitMs + 2_000;
const longestPauseMs = 1_000;
const checkMap = Compile(PartitionMapSchema);

/** The map inside a signed one, or undefined when the signature or the shape is wrong. */
export function openSignedMap(signed: SignedMap, publicKeyPem: string): PartitionMap | undefined {
  try {
    const good = verify(
      null,
      Buffer.from(signed.payload),
      createPublicKey(publicKeyPem),
      Buffer.from(signed.signature, "base64url"),
    );
    if (!good) return undefined;
    const map: unknown = JSON.parse(Buffer.from(signed.payload, "base64url").toString("utf8"));
    return checkMap.Check(map) ? map : undefined;
  } catch {
    return undefined;
  }
}

export function createControlClient(config: ControlConfig, clock: Clock, random: () => number): ControlClient {
  const ended = new AbortController();
  let feedHeardAt = Number.NEGATIVE_INFINITY;
  let epoch = 0;

  /** One exchange with control. 204 and 409 have no body of interest. Throws on anything else that is not a 200. */
  async function call(
    method: string,
    path: string,
    body: unknown,
    timeoutMs: number,
  ): Promise<{ status: number; value: unknown }> {
    const response = await fetch(new URL(path, config.url), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        authorization: `Bearer ${config.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: AbortSignal.any([ended.signal, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await response.text();
    if (response.status === 204 || response.status === 409) return { status: response.status, value: undefined };
    if (response.status !== 200) throw new Error(`control answered ${response.status} to ${method} ${path}`);
    return { status: 200, value: JSON.parse(text) };
  }

  async function ask<S extends TSchema>(method: string, path: string, body: unknown, schema: S, timeoutMs: number) {
    try {
      const { status, value } = await call(method, path, body, timeoutMs);
      if (status === 409) return { kind: "conflict" } as const;
      if (!Compile(schema).Check(value))
        return { kind: "unavailable", detail: "control's answer does not fit its schema" } as const;
      return { kind: "answered", value: value as Static<S> } as const;
    } catch (error) {
      return {
        kind: "unavailable",
        detail: error instanceof Error ? error.message : "control did not answer",
      } as const;
    }
  }

  /** Polls for ever; `take` is handed each answer and returns what to ask `after` next time. */
  async function follow<S extends TSchema>(
    path: string,
    schema: S,
    take: (value: Static<S>) => number,
    heard: () => void,
  ): Promise<void> {
    const check = Compile(schema);
    let after = -1;
    let failures = 0;
    while (!ended.signal.aborted) {
      try {
        const { status, value } = await call(
          "GET",
          `${path}?after=${after}&waitMs=${pollWaitMs}`,
          undefined,
          pollTimeoutMs,
        );
        failures = 0;
        heard();
        if (status === 200 && check.Check(value)) after = take(value as Static<S>);
      } catch {
        failures += 1;
        await pause(random() * Math.min(longestPauseMs, 50 * 2 ** Math.min(failures, 6)), ended.signal);
      }
    }
  }

  const takeMap = (signed: SignedMap, onMap: (map: PartitionMap) => void): void => {
    const map = openSignedMap(signed, config.mapKey);
    if (map === undefined || map.epoch <= epoch) return;
    epoch = map.epoch;
    onMap(map);
  };

  return {
    followMap(onMap) {
      const copy = readCopy(config.mapFile);
      if (copy !== undefined) takeMap(copy, onMap);
      void follow(
        "/v1/map",
        SignedMapSchema,
        (signed) => {
          const before = epoch;
          takeMap(signed, onMap);
          if (epoch > before) writeCopy(config.mapFile, signed);
          return epoch;
        },
        () => {},
      );
    },
    followOperator(onState) {
      void follow(
        "/v1/operator",
        OperatorStateSchema,
        (state) => {
          onState(state);
          return state.revision;
        },
        () => {},
      );
    },
    followRevocations(onFeed) {
      let seen = 0;
      void follow(
        "/v1/revocations",
        RevocationFeedSchema,
        (feed) => {
          onFeed(feed);
          seen = feed.entries.at(-1)?.revision ?? seen;
          return seen;
        },
        () => {
          feedHeardAt = clock.now();
        },
      );
    },
    feedHeardAt: () => feedHeardAt,
    async revoke(revocation, timeoutMs) {
      const answer = await ask("POST", "/v1/revocations", revocation, RevocationSchema, timeoutMs);
      if (answer.kind === "answered") return { kind: "revoked", revocation: answer.value };
      return answer.kind === "conflict" ? { kind: "unavailable", detail: "control answered 409" } : answer;
    },
    async putMap(change, timeoutMs) {
      const answer = await ask("PUT", "/v1/map", change, SignedMapSchema, timeoutMs);
      if (answer.kind !== "answered") return answer;
      const map = openSignedMap(answer.value, config.mapKey);
      return map === undefined
        ? { kind: "unavailable", detail: "control's map has a wrong signature" }
        : { kind: "published", map };
    },
    async order(order, timeoutMs) {
      const answer = await ask("POST", "/v1/operator", order, OperatorStateSchema, timeoutMs);
      if (answer.kind === "answered") return { kind: "ordered", state: answer.value };
      return answer.kind === "conflict" ? { kind: "unavailable", detail: "control answered 409" } : answer;
    },
    close: () => ended.abort(),
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(finish, ms);
    function finish(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    }
    signal.addEventListener("abort", finish);
  });
}

/** A copy that cannot be read is no copy: control has the original. */
function readCopy(file: string): SignedMap | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Compile(SignedMapSchema).Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside and renamed, so that a reader never meets half a copy. A full disk costs the copy, not the service. */
function writeCopy(file: string, signed: SignedMap): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(signed));
    renameSync(`${file}.new`, file);
  } catch {
    // The next map, or the next start, tries again.
  }
}
