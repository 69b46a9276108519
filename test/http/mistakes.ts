/**
 * Every mistake there is to make with one route: its good call, spoilt in one place at a time, as bytes. Which answer each
 * is promised is in promises.ts; here is only how it is made.
 */
import type { PromiseId } from "./promises.ts";
import type { Json, Row } from "./routes.ts";

export interface Mistake {
  readonly promise: PromiseId;
  /** Names the mistake in a failing test. */
  readonly what: string;
  readonly bytes: string;
}

/** Who asks whom. */
export interface Asking {
  readonly row: Row;
  /** Every route of the service, for the methods of a path. */
  readonly rows: readonly Row[];
  readonly token: string;
  /** Whether any content type will do, and unknown fields too. */
  readonly lenient: boolean;
}

const deepEnough = 10_000;
const hugeBytes = 10_000_000;
const nested = "[".repeat(deepEnough) + "]".repeat(deepEnough);
const longPart = "a".repeat(2_000);
const longHeader = "a".repeat(20_000);
const manyHeaders = "a: b\r\n".repeat(3_000);

/** The call as it is taken. */
export const goodCall = ({ row, token }: Asking): string =>
  call(row, { token, ...(row.body !== undefined && { body: bodyOf(row, row.body) }) });

/** Every mistake with this route, but the slow one. */
export function* mistakesOf(asking: Asking): Generator<Mistake> {
  const { row } = asking;
  yield* notHttp(asking);
  yield* wrongWays(asking);
  if (row.token) yield* wrongTokens(asking);
  for (const [key] of Object.entries(row.query)) yield* wrongQueries(asking, key);
  for (const name of row.headers)
    for (const value of ["NaN", "-1", "1e3", "9".repeat(30)])
      yield { promise: "header", what: `${name}: ${value}`, bytes: good(asking, { headers: [`${name}: ${value}`] }) };
  if (!row.route.startsWith("GET ")) yield* wrongBodies(asking);
  if (row.body !== undefined) yield* wrongFields(asking, row.body);
}

/** A body that stops coming after its first byte. */
export const slowBody = ({ row, token }: Asking): Mistake => ({
  promise: "slow",
  what: "one byte of twenty",
  bytes: call(row, { token, body: "{", length: 20 }),
});

function* notHttp({ row, token }: Asking): Generator<Mistake> {
  const said = (what: string, bytes: string): Mistake => ({ promise: "not-http", what, bytes });
  const good = call(row, { token });
  yield said("a TLS hello", `\u0016\u0003\u0001${good}`);
  yield said("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  yield said("no host", good.replace("host: test\r\n", ""));
  yield said("a header without a name", good.replace("host: test\r\n", "host: test\r\n: x\r\n"));
  yield said("a length below 0", good.replace("host: test\r\n", "host: test\r\ncontent-length: -1\r\n"));
  yield said(
    "two lengths",
    good.replace("host: test\r\n", "host: test\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n"),
  );
  yield said("a method nobody knows", good.replace(/^\w+/, "FETCH"));
  yield said("CONNECT", good.replace(/^\w+ \S+/, "CONNECT test:80"));
}

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

function* wrongWays({ row, rows, token }: Asking): Generator<Mistake> {
  const pattern = row.route.slice(row.route.indexOf(" ") + 1);
  const allowed = rows.flatMap(({ route }) => (route.endsWith(` ${pattern}`) ? [route.split(" ")[0]] : []));
  for (const method of methods.filter((one) => !allowed.includes(one)))
    yield { promise: "method", what: method, bytes: call(row, { token, method }) };
  const at = (path: string): string => call({ ...row, path }, { token });
  yield { promise: "nowhere", what: "a level deeper", bytes: at(`${row.path}/x/y/z/nothing`) };
  yield { promise: "nowhere", what: "up and away", bytes: at(`/v1/../..${row.path}/../../../etc/passwd`) };
  yield { promise: "headers", what: "a long header", bytes: call(row, { token, headers: [`x: ${longHeader}`] }) };
  yield { promise: "headers", what: "many headers", bytes: call(row, { token }).replace("\r\n", `\r\n${manyHeaders}`) };
  yield { promise: "headers", what: "a long URL", bytes: at(`${row.path}?${longHeader}`) };
  if (!pattern.includes(":")) return;
  const parts = pattern.split("/");
  const spoil = (part: string): string =>
    row.path
      .split("/")
      .map((given, index) => (parts[index]?.startsWith(":") ? part : given))
      .join("/");
  yield { promise: "path", what: "%zz", bytes: at(spoil("%zz")) };
  yield { promise: "path", what: "a long part", bytes: at(spoil(longPart)) };
}

function* wrongTokens({ row, token }: Asking): Generator<Mistake> {
  const body = row.body === undefined ? {} : { body: bodyOf(row, row.body) };
  for (const given of ["", "Bearer", "Bearer wrong", `Bearer ${token}x`, `Basic ${token}`, token])
    yield {
      promise: "token",
      what: given.replace(token, "TOKEN"),
      bytes: call(row, { ...body, headers: given === "" ? [] : [`authorization: ${given}`] }),
    };
}

function* wrongQueries({ row, token }: Asking, key: string): Generator<Mistake> {
  const asked = (query: Readonly<Record<string, string>>, more = ""): string => {
    const text = Object.entries(query).map(([name, value]) => `${name}=${value}`);
    return call({ ...row, path: `${row.path}?${text.join("&")}${more}`, query: {} }, { token });
  };
  for (const value of ["-2", "NaN", "1e9", "", "0x1", "9".repeat(30), "%00", "1.5", "%zz", "__proto__"])
    yield { promise: "query", what: `${key}=${value}`, bytes: asked({ ...row.query, [key]: value }) };
  for (const more of [`&${key}=1`, "&other=1", "&__proto__=1", `&${key}[x]=1`])
    yield { promise: "query", what: more, bytes: asked(row.query, more) };
}

function* wrongBodies({ row, token, lenient }: Asking): Generator<Mistake> {
  const asked = (body: string, more: Partial<Call> = {}): string => call(row, { token, body, ...more });
  const huge = "a".repeat(hugeBytes);
  yield { promise: "large", what: "with its length", bytes: asked(huge) };
  yield { promise: "large", what: "in one chunk", bytes: asked(huge, { chunked: true }) };
  for (const text of ['{"a": tru', "{'a': 1}", "\u0000", "{}{}"])
    yield { promise: "bad-json", what: JSON.stringify(text), bytes: asked(text) };
  const good = row.body === undefined ? "{}" : bodyOf(row, row.body);
  for (const type of lenient
    ? []
    : ["text/plain", "application/xml", "multipart/form-data", "application/x-www-form-urlencoded"])
    yield { promise: "media", what: type, bytes: asked(good, { type }) };
  if (row.body === undefined) return;
  yield { promise: "no-body", what: "of no length", bytes: asked("", { length: 0 }) };
}

function* wrongFields(asking: Asking, body: Json): Generator<Mistake> {
  const { row, token, lenient } = asking;
  const raw = (value: Json, inside: string): string =>
    call(row, { token, body: bodyOf(row, value).replace(JSON.stringify(marker), inside) });
  for (const path of pathsIn(body)) {
    const where = path.join(".");
    const value = valueAt(body, path);
    const wrong = (promise: PromiseId, what: string, inside: string): Mistake => ({
      promise,
      what: `${where}: ${what}`,
      bytes: raw(put(body, path, marker), inside),
    });
    yield wrong("wrong-type", "another type", typeof value === "string" ? "7" : '"x"');
    yield wrong("deep", "lists in lists", nested);
    if (typeof value === "number") for (const text of ["-1", "1e400"]) yield wrong("number", text, text);
    if (typeof value === "number") yield wrong("bad-json", "NaN", "NaN");
    if (typeof value === "string") yield wrong("nul", "with a NUL", JSON.stringify(`${value}\u0000`));
    if (typeof path.at(-1) === "string" && !row.optional.includes(where))
      yield { promise: "missing", what: where, bytes: raw(put(body, path, undefined), "") };
  }
  for (const text of ["[]", '"x"', "7", "null"].filter((one) => !(Array.isArray(body) && one === "[]")))
    yield { promise: "wrong-type", what: text, bytes: raw(marker, text) };
  if (lenient || Array.isArray(body)) return;
  const beside = (key: string, inside: string): string =>
    raw(marker, JSON.stringify(body).replace("{", `{"${key}":${inside},`));
  yield { promise: "unknown", what: "a field", bytes: beside("other", "1") };
  yield { promise: "unknown", what: "a deep field", bytes: beside("other", nested) };
  yield { promise: "prototype", what: "__proto__", bytes: beside("__proto__", '{"token":true}') };
  yield { promise: "prototype", what: "constructor", bytes: beside("constructor", '{"prototype":{"token":true}}') };
}

const marker = "what is to stand here";

type Path = readonly (string | number)[];

/** The places in a value, but its root; of a list only the first. */
function pathsIn(value: Json): readonly Path[] {
  if (typeof value !== "object" || value === null) return [];
  const entries: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.slice(0, 1).map((inner: Json) => [0, inner] as const)
    : Object.entries(value);
  return entries.flatMap(([key, inner]) => [[key], ...pathsIn(inner).map((path) => [key, ...path])]);
}

function valueAt(value: Json, path: Path): Json | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const inner = (value as Readonly<Record<string | number, Json>>)[key];
  return inner === undefined ? undefined : valueAt(inner, rest);
}

/** A copy with `inner` at `path`; undefined takes the field away. */
function put(value: Json, path: Path, inner: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined) return inner ?? null;
  const copy = structuredClone(value) as Record<string | number, Json>;
  const there = copy[key];
  if (rest.length > 0 && there !== undefined) copy[key] = put(there, rest, inner);
  else if (inner === undefined) delete copy[key];
  else copy[key] = inner;
  return copy;
}

const bodyOf = (row: Row, value: Json): string => `${JSON.stringify(value)}${row.lines === true ? "\n" : ""}`;

interface Call {
  readonly method: string;
  readonly token: string;
  readonly headers: readonly string[];
  readonly body: string;
  readonly type: string;
  readonly length: number;
  readonly chunked: boolean;
}

const good = ({ row, token }: Asking, more: Partial<Call>): string =>
  call(row, { token, ...(row.body !== undefined && { body: bodyOf(row, row.body) }), ...more });

function call(row: Row, { method, token, headers = [], body, type, length, chunked }: Partial<Call>): string {
  const query = new URLSearchParams(row.query).toString();
  const kind = type ?? (row.lines === true ? "application/x-ndjson" : "application/json");
  return [
    `${method ?? row.route.split(" ")[0]} ${row.path}${query === "" ? "" : `?${query}`} HTTP/1.1`,
    "host: test",
    ...(row.token && token !== undefined ? [`authorization: Bearer ${token}`] : []),
    ...headers,
    ...(body === undefined ? [] : [`content-type: ${kind}`]),
    ...(body === undefined
      ? []
      : [chunked === true ? "transfer-encoding: chunked" : `content-length: ${length ?? Buffer.byteLength(body)}`]),
    "",
    chunked === true ? `${body?.length.toString(16)}\r\n${body}\r\n0\r\n\r\n` : (body ?? ""),
  ].join("\r\n");
}
