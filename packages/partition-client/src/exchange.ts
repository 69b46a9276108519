/**
 * One exchange with one role instance: the only file that sends. Every instance has a pool of its own, so that
 * connections that hang with one are not missing for another, and a connection carries one exchange at a time.
 * undici's own time-outs are off: an exchange ends by its answer, by its limit or by `cancel`, and an exchange that is
 * given up takes its connection with it, because the late answer of a hung exchange must never meet the next one.
 * Invariants: `ended` settles exactly once and never rejects; when it settles nothing of the exchange runs on here;
 * what the other side says is bounded (`maxAnswerBytes`) and checked before anyone sees it.
 */
import { Pool, type Dispatcher } from "undici";
import {
  atLeastHeader,
  deadlineHeader,
  freeSeatsHeader,
  LookupAnswerSchema,
  ProblemSchema,
  VerifyAnswerSchema,
  type InstanceEndpoint,
  type InstanceId,
  type Instant,
  type LookupAnswer,
  type VerifyAnswer,
} from "@cordon/model";
import { Compile } from "typebox/compile";
import type { Alarm, Alarms } from "./alarms.ts";

/** Marks the look-up of a canary for whoever reads the wire; a role instance answers it as any other. */
export const canaryHeader = "x-cordon-canary";

/** How a question goes over the wire and what a fitting answer is. */
export interface Question<Value> {
  readonly operation: AskedOperation;
  readonly path: string;
  readonly fits: (value: unknown) => value is Value;
}

/** What a caller may ask of a partition; writes go to a role instance by themselves, never through here. */
export type AskedOperation = "verify" | "lookup";

const verifyCheck = Compile(VerifyAnswerSchema);
const lookupCheck = Compile(LookupAnswerSchema);
const problemCheck = Compile(ProblemSchema);

export const verifyQuestion: Question<VerifyAnswer> = {
  operation: "verify",
  path: "/v1/verify",
  fits: (value): value is VerifyAnswer => verifyCheck.Check(value),
};
export const lookupQuestion: Question<LookupAnswer> = {
  operation: "lookup",
  path: "/v1/lookup",
  fits: (value): value is LookupAnswer => lookupCheck.Check(value),
};

/** How an exchange ended. */
export type Reply<Value> =
  /** `freeSeats`: hashing seats the instance believes to be free, when it said so. */
  | { readonly kind: "answered"; readonly value: Value; readonly freeSeats: number | undefined }
  /** Push-back: it lives and has no room. */
  | { readonly kind: "busy"; readonly retryAfterMs: number }
  /** No answer within the limit. */
  | { readonly kind: "missed" }
  /** Refused, reset, or an answer that is none. */
  | { readonly kind: "broken"; readonly detail: string }
  /** It lives, and has not seen the revision yet that the answer must include. */
  | { readonly kind: "behind" }
  /** It says that the request is wrong: asking again, or elsewhere, would be in vain. */
  | { readonly kind: "rejected"; readonly detail: string }
  | { readonly kind: "cancelled" };

export interface Ask<Value> {
  readonly question: Question<Value>;
  /** The request, as JSON. */
  readonly body: string;
  /** When the exchange is given up. */
  readonly giveUpAt: Instant;
  /** Value of the deadline header; undefined: none is sent. */
  readonly deadline: string | undefined;
  /** A revision the answer must include. */
  readonly atLeast: number | undefined;
  readonly canary: boolean;
}

export interface Attempt<Value> {
  readonly ended: Promise<Reply<Value>>;
  /** Ends it now, and its connection with it. Nothing, when it has ended. */
  cancel(): void;
}

export interface Exchange {
  readonly instance: InstanceId;
  send<Value>(ask: Ask<Value>): Attempt<Value>;
  /** Lets what is in flight end within `graceMs`, then ends it. No socket is left when it resolves. */
  close(graceMs: number): Promise<void>;
}

export interface ExchangeBounds {
  /** Connections to the instance, at most. */
  readonly connections: number;
  /** How long a connect may take, milliseconds. */
  readonly connectTimeoutMs: number;
}

/** An answer is a record or a group of 1,000 members; nothing that is larger is one. */
const maxAnswerBytes = 1_048_576;
/** An idle connection is let go after this, unless the server's own keep-alive says sooner. */
const idleConnectionMs = 30_000;
/** What an instance that pushes back without saying how long is taken to mean. */
const unsaidRetryAfterMs = 1000;

/** `alarms` end what has had its time; whoever made them closes them after the exchange. */
export function createExchange(endpoint: InstanceEndpoint, bounds: ExchangeBounds, alarms: Alarms): Exchange {
  const pool = new Pool(endpoint.service, {
    connections: bounds.connections,
    pipelining: 1,
    connectTimeout: bounds.connectTimeoutMs,
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: idleConnectionMs,
    maxResponseSize: maxAnswerBytes,
  });
  return {
    instance: endpoint.id,
    send(ask) {
      const attempt = new RunningAttempt(ask, alarms);
      pool.dispatch({ path: ask.question.path, method: "POST", body: ask.body, headers: headersOf(ask) }, attempt);
      return attempt;
    },
    async close(graceMs) {
      const timer = setTimeout(() => void pool.destroy(), graceMs);
      await (graceMs > 0 ? pool.close() : pool.destroy());
      clearTimeout(timer);
    },
  };
}

function headersOf(ask: Ask<unknown>): string[] {
  const headers =
    ask.deadline === undefined
      ? ["content-type", "application/json"]
      : ["content-type", "application/json", deadlineHeader, ask.deadline];
  if (ask.atLeast !== undefined) headers.push(atLeastHeader, String(ask.atLeast));
  if (ask.canary) headers.push(canaryHeader, "1");
  return headers;
}

/** undici's handler of one request. A class, because it owns an alarm and a connection's fate. */
class RunningAttempt<Value> implements Attempt<Value>, Alarm, Dispatcher.DispatchHandler {
  readonly ended: Promise<Reply<Value>>;
  readonly dueAt: Instant;
  readonly #ask: Ask<Value>;
  readonly #alarms: Alarms;
  readonly #alarm: number;
  readonly #settle: (reply: Reply<Value>) => void;
  #settled = false;
  #givenUp: Reply<Value> | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: ResponseHeaders = noHeaders;
  readonly #body: Buffer[] = [];

  constructor(ask: Ask<Value>, alarms: Alarms) {
    const { promise, resolve } = Promise.withResolvers<Reply<Value>>();
    this.ended = promise;
    this.dueAt = ask.giveUpAt;
    this.#ask = ask;
    this.#alarms = alarms;
    this.#settle = resolve;
    this.#alarm = alarms.set(this);
  }

  /**
   * When this loop stood still, the answer may lie read-ready in the socket while the alarm rings first: one turn of the
   * loop lets it be read, so that our own delay is not called the instance's.
   */
  ring(): void {
    setImmediate(() => this.#giveUp({ kind: "missed" }));
  }

  cancel(): void {
    this.#giveUp({ kind: "cancelled" });
  }

  #giveUp(reply: Reply<Value>): void {
    if (this.#settled || this.#givenUp !== undefined) return;
    this.#givenUp = reply;
    // Not yet on a connection: nothing was sent, and onRequestStart will see to it that nothing is.
    if (this.#controller === undefined) this.#end(reply);
    else this.#controller.abort(givenUp);
  }

  #end(reply: Reply<Value>): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#alarms.cancel(this, this.#alarm);
    this.#settle(reply);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) controller.abort(givenUp);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: ResponseHeaders): void {
    this.#status = statusCode;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body.push(chunk);
  }

  onResponseEnd(): void {
    this.#end(this.#read());
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#end(this.#givenUp ?? { kind: "broken", detail: codeOf(error) });
  }

  #read(): Reply<Value> {
    const value = parsed(this.#body);
    if (this.#status === 200) {
      if (!this.#ask.question.fits(value)) return { kind: "broken", detail: "the answer does not fit its schema" };
      return { kind: "answered", value, freeSeats: this.#freeSeats() };
    }
    if (this.#status === 429) return { kind: "busy", retryAfterMs: this.#retryAfterMs(value) };
    if (this.#status === 503 && this.#ask.atLeast !== undefined) return { kind: "behind" };
    // Its clock, not ours, says that the time was up: what we asked for was missed all the same.
    if (this.#status === 504) return { kind: "missed" };
    const detail = `status ${this.#status}`;
    return this.#status >= 400 && this.#status < 500 ? { kind: "rejected", detail } : { kind: "broken", detail };
  }

  #freeSeats(): number | undefined {
    const said = Number(this.#headers[freeSeatsHeader] ?? Number.NaN);
    return Number.isFinite(said) ? said : undefined;
  }

  #retryAfterMs(value: unknown): number {
    if (problemCheck.Check(value) && value.retryAfterMs !== undefined) return value.retryAfterMs;
    const seconds = Number.parseInt(String(this.#headers["retry-after"] ?? ""), 10);
    return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : unsaidRetryAfterMs;
  }
}

/** One error for every abort: building one with a stack costs more than the exchange's own bookkeeping. */
const givenUp = new Error("the exchange was given up");

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;
const noHeaders: ResponseHeaders = {};

/** Nearly every answer comes in one piece; a character cut in two by others is whole again before it is read. */
function parsed(body: readonly Buffer[]): unknown {
  try {
    return JSON.parse((body.length === 1 ? body[0] : Buffer.concat(body))?.toString() ?? "");
  } catch {
    return undefined;
  }
}

const codeOf = (error: Error): string => ("code" in error ? String(error.code) : error.message);
