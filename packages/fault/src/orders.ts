/**
 * What callers post, parsed once: proxies and toxics as Toxiproxy's clients send them. What they may leave out gets
 * Toxiproxy's own value (stream `downstream`, toxicity 1, name TYPE_STREAM, enabled); everything else that is missing,
 * unknown or out of range is refused with what is wrong and what would be right.
 */
import { Compile } from "typebox/compile";
import { ToxicSchema, toxicTypes, type Toxic, type ToxicType } from "@cordon/model";
import { ok, refused, type Answer, type Refusal } from "./answer.ts";
import type { ProxyChange, ProxyOrder } from "./entry.ts";
import { parseHostPort, parseUpstream, type HostPort } from "./host-port.ts";
import { kindOf } from "./toxics/table.ts";

interface Named {
  readonly name: string;
  readonly type: ToxicType;
  readonly stream: string;
}

const wireToxic = Compile(ToxicSchema);
/** A name is a part of a path: `.` and `..` would name another one, and half of a surrogate pair has no place in a URL. */
const namePattern = /^(?!\.{1,2}$)[^/\s\p{Cc}\p{Cs}]{1,100}$/u;
const aName = "1 to 100 characters without spaces and slashes, and not . or ..";

/** A new proxy: `name`, `listen`, `upstream`, and optionally `enabled`. */
export function parseProxy(body: unknown): Answer<ProxyOrder> {
  if (!isObject(body)) return refused(400, "bad request body: send a JSON object with name, listen and upstream");
  const { name } = body;
  if (typeof name !== "string" || !namePattern.test(name)) {
    return refused(400, `missing required field: name; give ${aName}`);
  }
  if (body["upstream"] === undefined || body["upstream"] === "")
    return refused(400, "missing required field: upstream; give it as host:port");
  const change = parseProxyChange({ ...body, listen: body["listen"] ?? "", enabled: body["enabled"] ?? true });
  if (change.kind === "refused") return change;
  const { listen, upstream, enabled, leaseMs } = change.value;
  if (listen === undefined || upstream === undefined || enabled === undefined)
    throw new Error("a field was not parsed");
  return ok({ name, listen, upstream, enabled, ...(leaseMs !== undefined && { leaseMs }) });
}

/** Any of `listen`, `upstream` and `enabled`, for a proxy that is there; with `enabled` false a lease. */
export function parseProxyChange(body: unknown): Answer<ProxyChange> {
  if (!isObject(body)) return refused(400, "bad request body: send a JSON object with listen, upstream or enabled");
  const { listen: listenText, upstream: upstreamText, enabled, leaseMs } = body;
  const listen = addressOf(listenText === "" ? "127.0.0.1:0" : listenText, parseHostPort);
  const upstream = addressOf(upstreamText, parseUpstream);
  if (listen === "bad") return refused(400, "listen is not an address: give host:port, with port 0 for any free one");
  if (upstream === "bad" || upstream?.port === 0) return refused(400, "upstream is not an address: give host:port");
  if (enabled !== undefined && typeof enabled !== "boolean")
    return refused(400, "enabled is not a boolean: give true or false");
  if (!isLease(leaseMs)) return badLease;
  if (leaseMs !== undefined && enabled !== false)
    return refused(400, "leaseMs of a proxy goes with enabled: false; what is enabled needs no lease");
  return ok({
    ...(listen && { listen }),
    ...(upstream && { upstream }),
    ...(enabled !== undefined && { enabled }),
    ...(leaseMs !== undefined && { leaseMs }),
  });
}

/** A list of new proxies. */
export function parseProxies(body: unknown): Answer<ProxyOrder[]> {
  if (!Array.isArray(body)) return refused(400, "bad request body: send a JSON array of proxies");
  const orders: ProxyOrder[] = [];
  for (const [index, item] of body.entries()) {
    const order = parseProxy(item);
    if (order.kind === "refused") return refused(order.status, `${order.error}, at proxy ${index + 1}`);
    const { name } = order.value;
    if (orders.some((earlier) => earlier.name === name))
      return refused(400, `two proxies are called ${name}, the second at proxy ${index + 1}: give each its own name`);
    orders.push(order.value);
  }
  return ok(orders);
}

/** A new toxic. */
export function parseToxic(body: unknown): Answer<Toxic> {
  if (!isObject(body)) return refused(400, "bad request body: send a JSON object with type and attributes");
  const type = toxicTypes.find((known) => known === body["type"]);
  if (type === undefined)
    return refused(400, `invalid toxic type: ${shortly(body["type"])}; give one of ${toxicTypes.join(", ")}`);
  const stream = body["stream"] === undefined || body["stream"] === "" ? "downstream" : body["stream"];
  if (stream !== "upstream" && stream !== "downstream") {
    return refused(400, "stream was invalid, can be either upstream or downstream");
  }
  const name = body["name"] === undefined || body["name"] === "" ? `${type}_${stream}` : body["name"];
  if (typeof name !== "string" || !namePattern.test(name)) {
    return refused(400, `name is not one: give ${aName}, or leave it out`);
  }
  const toxic = parseBounded({ name, type, stream }, { toxicity: 1, ...body }, {});
  return toxic.kind === "ok" && type === "syn_drop" ? takesAllOrNone(toxic.value) : toxic;
}

/** Changes to a toxic that is there: toxicity, some of its attributes, its lease. What is left out stays. */
export function parseToxicChange(body: unknown, current: Toxic): Answer<Toxic> {
  if (!isObject(body)) return refused(400, "bad request body: send a JSON object with toxicity, attributes or leaseMs");
  const { name, type, stream, toxicity, leaseMs } = current;
  const posted = { toxicity, ...(leaseMs && { leaseMs }), ...body };
  const toxic = parseBounded({ name, type, stream }, posted, current.attributes);
  return toxic.kind === "ok" && type === "syn_drop" ? takesAllOrNone(toxic.value) : toxic;
}

/** A connect that is dropped is no connection yet: there is no ordinal to toss a coin with. */
const takesAllOrNone = (toxic: Toxic): Answer<Toxic> =>
  toxic.toxicity === 1 || toxic.toxicity === 0
    ? ok(toxic)
    : refused(400, "toxicity of syn_drop is 0 or 1: it takes every connect or none");

function parseBounded(
  named: Named,
  body: Record<string, unknown>,
  before: Readonly<Record<string, number>>,
): Answer<Toxic> {
  const { toxicity, leaseMs } = body;
  if (!isWithin(toxicity, 0, 1)) return refused(400, "toxicity is out of range: give a number from 0 to 1");
  if (!isLease(leaseMs)) return badLease;
  const attributes = parseAttributes(named.type, body["attributes"] ?? {}, before);
  if (attributes.kind === "refused") return attributes;
  const toxic: unknown = {
    ...named,
    toxicity,
    attributes: attributes.value,
    ...(leaseMs !== undefined && { leaseMs }),
  };
  if (!wireToxic.Check(toxic)) throw new Error("a toxic was parsed that is none on the wire");
  return ok(toxic);
}

function parseAttributes(
  type: ToxicType,
  posted: unknown,
  before: Readonly<Record<string, number>>,
): Answer<Record<string, number>> {
  const rules = kindOf(type).attributes;
  if (!isObject(posted)) return refused(400, "attributes is not a JSON object");
  const unknown = Object.keys(posted).find((name) => !Object.hasOwn(rules, name));
  if (unknown !== undefined) {
    return refused(
      400,
      `invalid attribute: ${type} has no ${shortly(unknown)}; it takes ${Object.keys(rules).join(", ") || "none"}`,
    );
  }
  const attributes: Record<string, number> = {};
  for (const [name, rule] of Object.entries(rules)) {
    const value = posted[name] ?? before[name] ?? rule.absent;
    if (!isWithin(value, rule.minimum, rule.maximum)) {
      const range = `${rule.minimum} to ${rule.maximum}`;
      return refused(
        400,
        `attribute ${name} of ${type} is missing or out of range: give the ${rule.meaning}, ${range}`,
      );
    }
    attributes[name] = value;
  }
  return ok(attributes);
}

/** A timer of Node holds 2^31 - 1 ms; a day is more than any drill needs. */
const longestLeaseMs = 86_400_000;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isWithin = (value: unknown, minimum: number, maximum: number): value is number =>
  typeof value === "number" && value >= minimum && value <= maximum;

const isLease = (value: unknown): value is number | undefined =>
  value === undefined || (Number.isInteger(value) && isWithin(value, 1, longestLeaseMs));

const badLease: Refusal = refused(
  400,
  `leaseMs is out of range: give whole milliseconds from 1 to ${longestLeaseMs}, or leave it out`,
);

type ReadAddress = (text: string) => HostPort | undefined;

const addressOf = (value: unknown, read: ReadAddress): HostPort | undefined | "bad" =>
  value === undefined ? undefined : typeof value === "string" ? (read(value) ?? "bad") : "bad";

const shortly = (value: unknown): string => (typeof value === "string" ? value.slice(0, 40) : typeof value);
