/**
 * A client of the fault proxies' API, for whoever runs a drill. Every call has one time-out; a refusal and an API that
 * cannot be reached are values, kept apart: the first is the caller's mistake, the second means that the fault process
 * may be gone and that leases will heal what it held.
 */
import { Type, type Static, type TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { ProxySchema, ToxicStateSchema, type Proxy, type Toxic, type ToxicState, type ToxicType } from "@cordon/model";
import type { SecondCount } from "./counters.ts";

export type Reply<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

/** A toxic as it is ordered; what is left out is Toxiproxy's: `downstream`, 1, and TYPE_STREAM for a name. */
export type ToxicOrder = Pick<Toxic, "leaseMs"> & { readonly type: ToxicType } & Partial<
    Pick<Toxic, "name" | "stream" | "toxicity" | "attributes">
  >;

/** `listen` with port 0 takes any free port: the answer says which. */
export type NewProxy = Pick<Proxy, "name" | "listen" | "upstream">;

export interface FaultClient {
  /** Makes all of them, or keeps those that are there already. */
  populate(proxies: readonly NewProxy[]): Promise<Reply<Proxy[]>>;
  /** All of them by name, each with its toxics, what they have bitten, what is left of each lease, and its counters. */
  proxies(): Promise<Reply<Record<string, Proxy>>>;
  /** Takes a proxy away, with all that stands on it. */
  remove(proxy: string): Promise<Reply<undefined>>;
  /** Adds a toxic. The same order again, with its `leaseMs`, renews the lease and changes nothing else. */
  addToxic(proxy: string, toxic: ToxicOrder): Promise<Reply<ToxicState>>;
  removeToxic(proxy: string, toxic: string): Promise<Reply<undefined>>;
  /** Exchanges by the second for up to ten minutes, oldest first; the last second is still running. */
  seconds(proxy: string): Promise<Reply<SecondCount[]>>;
}

interface Shape<T> {
  read(body: unknown): T | undefined;
}

const shapeOf = <S extends TSchema>(schema: S): Shape<Static<S>> => {
  const validator = Compile(schema);
  return { read: (body) => (validator.Check(body) ? body : undefined) };
};

const proxiesShape = shapeOf(Type.Record(Type.String(), ProxySchema));
const populatedShape = shapeOf(Type.Object({ proxies: Type.Array(ProxySchema) }));
const toxicShape = shapeOf(ToxicStateSchema);
const secondsShape = shapeOf(Type.Array(Type.Object({ at: Type.Number(), exchanges: Type.Integer() })));

/** `baseUrl` as in `http://127.0.0.1:8474`; each call ends within `timeoutMs`. */
export function createFaultClient(baseUrl: string, timeoutMs: number): FaultClient {
  const call = async (method: string, path: string, body?: unknown): Promise<Reply<unknown>> => {
    try {
      const response = await fetch(new URL(path, baseUrl), {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const text = await response.text();
      if (!response.ok) return { kind: "refused", status: response.status, detail: text.slice(0, 500) };
      return { kind: "ok", value: text === "" ? undefined : (JSON.parse(text) as unknown) };
    } catch (error) {
      return { kind: "unreachable", detail: `${method} ${path}: ${error instanceof Error ? error.message : "failed"}` };
    }
  };
  const ask = async <T>(shape: Shape<T>, method: string, path: string, body?: unknown): Promise<Reply<T>> => {
    const reply = await call(method, path, body);
    if (reply.kind !== "ok") return reply;
    const value = shape.read(reply.value);
    return value === undefined
      ? { kind: "unreachable", detail: `${method} ${path}: not an answer of this API` }
      : { kind: "ok", value };
  };
  const order = async (method: string, path: string): Promise<Reply<undefined>> => {
    const reply = await call(method, path);
    return reply.kind === "ok" ? { kind: "ok", value: undefined } : reply;
  };
  const at = (proxy: string, ...rest: readonly string[]): string =>
    ["/proxies", ...[proxy, ...rest].map((part) => encodeURIComponent(part))].join("/");

  return {
    async populate(proxies) {
      const reply = await ask(populatedShape, "POST", "/populate", proxies);
      return reply.kind === "ok" ? { kind: "ok", value: reply.value.proxies } : reply;
    },
    proxies: () => ask(proxiesShape, "GET", "/proxies"),
    remove: (proxy) => order("DELETE", at(proxy)),
    addToxic: (proxy, toxic) => ask(toxicShape, "POST", at(proxy, "toxics"), toxic),
    removeToxic: (proxy, toxic) => order("DELETE", at(proxy, "toxics", toxic)),
    seconds: (proxy) => ask(secondsShape, "GET", at(proxy, "seconds")),
  };
}
