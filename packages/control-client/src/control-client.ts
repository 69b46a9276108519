/**
 * A process's end of `control`: it follows the map, the operator's orders and the revocation log by long poll, keeps a
 * copy of the map (signed) and of the orders on disk, and goes on with what it has when control is gone, also when it
 * starts then: a partition that the operator cut off must not be let back in by a restart. How old the revocation log is,
 * it can always say.
 * Invariants: a map whose signature is wrong, or whose epoch is not above the last one, is not taken; a poll that is
 * answered at once with nothing new is followed by a pause, so that no mistake of control's makes a loop that spins; the
 * revocation feed counts as heard only when nothing is left to be read of it, and only as of when it was asked for: an
 * answer may have lain unread in a socket while this process was stopped. What a control says that has lost its store adds
 * to what is known and takes nothing back: an order stands until the next one for its partition; and its revocation log,
 * which cannot have the lines that were lost, is handed on and never counts as heard.
 */
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import {
  OperatorStateSchema,
  ProblemSchema,
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
import { readCopy, writeCopy, type Check } from "./copy.ts";
import { openSignedMap } from "./signed-map.ts";

/** What a process must be told to speak with control. */
export const ControlConfigSchema = Type.Object({
  /** Base URL of control. */
  url: Type.String({ format: "uri" }),
  /** The lab's token, for calls that change something. */
  token: Type.String({ minLength: 16 }),
  /** The Ed25519 public key maps are signed with, SPKI PEM. */
  mapKey: Type.String({ minLength: 32 }),
  /** Where the copy of the map is kept; that of the operator's orders is kept beside it, as MAPFILE.operator. */
  mapFile: Type.String({ minLength: 1 }),
});
export type ControlConfig = Static<typeof ControlConfigSchema>;

/** control did not do what it was asked: it could not be reached, or it said no. */
export type Unavailable = { readonly kind: "unavailable"; readonly detail: string };
export type Conflict = { readonly kind: "conflict" };

export interface ControlClient {
  /** Calls `onMap` with the copy on disk at once, if there is a good one, then with each newer map. */
  followMap(onMap: (map: PartitionMap) => void): void;
  /** Calls `onState` with the copy on disk at once, if there is one, then with what control says, and each newer state. */
  followOperator(onState: (state: OperatorState) => void): void;
  /** Calls `onFeed` with each batch, in order; the log is followed from its beginning. */
  followRevocations(onFeed: (feed: RevocationFeed) => void): void;
  /** When the revocation log was last known to its end; -Infinity when it never was. Of a quiet feed at most 20 s ago. */
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
/** An answer that brings nothing new has been waited for when it took this long. */
const heldMs = pollWaitMs / 2;
const shortestPauseMs = 50;
const longestPauseMs = 1_000;

const validators = {
  map: Compile(SignedMapSchema),
  operator: Compile(OperatorStateSchema),
  feed: Compile(RevocationFeedSchema),
  revocation: Compile(RevocationSchema),
  problem: Compile(ProblemSchema),
};

export function createControlClient(config: ControlConfig, clock: Clock, random: () => number): ControlClient {
  const ended = new AbortController();
  const call = caller(config, ended.signal);
  let feedHeardAt = Number.NEGATIVE_INFINITY;
  let epoch = 0;

  async function ask<T>(method: string, path: string, body: unknown, check: Check<T>, timeoutMs: number) {
    try {
      const { status, value } = await call(method, path, body, timeoutMs);
      if (status === 409) return { kind: "conflict" } as const;
      return check.Check(value)
        ? ({ kind: "answered", value } as const)
        : ({ kind: "unavailable", detail: "control's answer does not fit its schema" } as const);
    } catch (error) {
      const detail = error instanceof Error ? error.message : "control did not answer";
      return { kind: "unavailable", detail } as const;
    }
  }

  /** One answer of a feed, or undefined when there is none, be it for want of news or of control. */
  async function poll<T>(path: string, from: Place, check: Check<T>): Promise<T | undefined> {
    try {
      const store = from.store === undefined ? "" : `&store=${from.store}`;
      const query = `${path}?after=${from.after}&waitMs=${pollWaitMs}${store}`;
      const { value } = await call("GET", query, undefined, pollTimeoutMs);
      return check.Check(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** Polls until the client is closed; `take` is handed each answer and returns where to ask from next time. */
  async function follow<T>(path: string, check: Check<T>, take: (value: T, askedAt: Instant) => Place): Promise<void> {
    let from: Place = { after: -1, store: undefined };
    let idle = 0;
    while (!ended.signal.aborted) {
      const before = from;
      const askedAt = clock.now();
      const value = await poll(path, from, check);
      if (ended.signal.aborted) return;
      if (value !== undefined) from = take(value, askedAt);
      idle = from.after > before.after || clock.now() - askedAt >= heldMs ? 0 : idle + 1;
      if (idle > 0)
        await pause(random() * Math.min(longestPauseMs, shortestPauseMs * 2 ** Math.min(idle, 6)), ended.signal);
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
      const copy = readCopy(config.mapFile, validators.map);
      if (copy !== undefined) takeMap(copy, onMap);
      void follow("/v1/map", validators.map, (signed) => {
        const before = epoch;
        takeMap(signed, onMap);
        if (epoch > before) writeCopy(config.mapFile, signed);
        return { after: epoch, store: undefined };
      });
    },
    followOperator(onState) {
      const file = `${config.mapFile}.operator`;
      const copy = readCopy(file, validators.operator);
      if (copy !== undefined) onState(copy);
      let kept = copy;
      // Control is asked for whatever it has: its word stands above the copy, which nobody signed.
      void follow("/v1/operator", validators.operator, (said) => {
        const state = besideWhatStands(said, kept);
        onState(state);
        if (state.revision !== kept?.revision || state.store !== kept.store) writeCopy(file, state);
        kept = state;
        return { after: state.revision, store: state.store };
      });
    },
    followRevocations(onFeed) {
      let seen = 0;
      let log: string | undefined;
      let isWhole = true;
      void follow("/v1/revocations", validators.feed, (feed, askedAt) => {
        isWhole &&= log === undefined || log === feed.store;
        if (!isWhole) feedHeardAt = Number.NEGATIVE_INFINITY;
        log = feed.store;
        onFeed(feed);
        seen = feed.upTo ?? feed.entries.at(-1)?.revision ?? seen;
        if (isWhole && seen === feed.revision) feedHeardAt = askedAt;
        return { after: seen, store: log };
      });
    },
    feedHeardAt: () => feedHeardAt,
    async revoke(revocation, timeoutMs) {
      const answer = await ask("POST", "/v1/revocations", revocation, validators.revocation, timeoutMs);
      if (answer.kind === "answered") return { kind: "revoked", revocation: answer.value };
      return answer.kind === "conflict" ? { kind: "unavailable", detail: "control answered 409" } : answer;
    },
    async putMap(change, timeoutMs) {
      const answer = await ask("PUT", "/v1/map", change, validators.map, timeoutMs);
      if (answer.kind !== "answered") return answer;
      const map = openSignedMap(answer.value, config.mapKey);
      return map === undefined
        ? { kind: "unavailable", detail: "control's map has a wrong signature" }
        : { kind: "published", map };
    },
    async order(order, timeoutMs) {
      const answer = await ask("POST", "/v1/operator", order, validators.operator, timeoutMs);
      if (answer.kind === "answered") return { kind: "ordered", state: answer.value };
      return answer.kind === "conflict" ? { kind: "unavailable", detail: "control answered 409" } : answer;
    },
    close: () => ended.abort(),
  };
}

/** The last revision, or epoch, a feed was read to, and the store of control's that it is of. */
interface Place {
  readonly after: number;
  readonly store: string | undefined;
}

/** A control that lost its store has forgotten the orders before it, not revoked them: each stands until the next one. */
const besideWhatStands = (said: OperatorState, known: OperatorState | undefined): OperatorState => ({
  ...said,
  partitions: { ...known?.partitions, ...said.partitions },
});

type Caller = (
  method: string,
  path: string,
  body: unknown,
  timeoutMs: number,
) => Promise<{ readonly status: 200 | 204 | 409; readonly value: unknown }>;

/** One exchange with control. Throws, in words for a log, on anything that is not a 200, 204 or 409. */
function caller({ url, token }: ControlConfig, ended: AbortSignal): Caller {
  return async (method, path, body, timeoutMs) => {
    const response = await fetch(new URL(path, url), {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: AbortSignal.any([ended, AbortSignal.timeout(timeoutMs)]),
    });
    const text = await response.text();
    const { status } = response;
    if (status === 204 || status === 409) return { status, value: undefined };
    const value: unknown = JSON.parse(text);
    if (status === 200) return { status, value };
    const why = validators.problem.Check(value) ? (value.detail ?? value.title) : "no reason given";
    throw new Error(`control answered ${status} to ${method} ${path}: ${why}`);
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
