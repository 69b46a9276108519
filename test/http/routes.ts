/**
 * Every route of every service, with a call of it that is taken. The routes themselves are read from the running services
 * and compared with these: one that is missing here is a failing test. `{id}` stands for the role instance that is asked,
 * so that a call can be made of each.
 */
import type { PartitionMap } from "@cordon/model";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type ServiceName = "control" | "auth" | "directory" | "directory-health" | "mail" | "fault";

export interface Row {
  /** As the service tells it. */
  readonly route: string;
  /** A path of it, without its query. */
  readonly path: string;
  readonly token: boolean;
  /** Absent: the route reads none. */
  readonly body?: Json;
  /** The body is lines of JSON, each as `body`. */
  readonly lines?: true;
  /** Fields that may be left out, dotted. */
  readonly optional: readonly string[];
  readonly query: Readonly<Record<string, string>>;
  /** Headers that are read as numbers. */
  readonly headers: readonly string[];
  /** The status of the call as it stands. */
  readonly taken: number;
}

const tell = (route: string, more: Partial<Row> = {}): Row => ({
  route,
  path: route.slice(route.indexOf(" ") + 1),
  token: false,
  optional: [],
  query: {},
  headers: [],
  taken: 200,
  ...more,
});

const guarded = (route: string, more: Partial<Row> = {}): Row => tell(route, { token: true, ...more });

const deadline = "x-cordon-deadline-ms";
const atLeast = "x-cordon-at-least";

/** What the rows need of the lab they are played in. */
export interface Stage {
  readonly map: PartitionMap;
  readonly address: string;
  readonly password: string;
  readonly phc: string;
  /** Where a proxy may lead. */
  readonly upstream: string;
}

export const rowsOf = (stage: Stage): Readonly<Record<ServiceName, readonly Row[]>> => ({
  control: controlRows(stage),
  auth: [
    tell("POST /v1/sign-in", { body: { address: stage.address, password: stage.password }, headers: [deadline] }),
    tell("GET /.well-known/jwks.json"),
    tell("GET /openapi.json"),
    tell("GET /health"),
  ],
  directory: directoryRows(stage),
  "directory-health": [tell("GET /health"), guarded("POST /fault-points", { body: { verify: "hang", leaseMs: 1 } })],
  mail: [tell("GET /v1/ledger", { query: { after: "0", limit: "5" } }), tell("GET /v1/lanes"), tell("GET /health")],
  fault: faultRows(stage),
});

function controlRows({ map, address }: Stage): readonly Row[] {
  const poll = { query: { after: "0", waitMs: "0" } };
  return [
    tell("GET /v1/map", poll),
    tell("GET /v1/map-key"),
    tell("GET /v1/operator", poll),
    tell("GET /v1/revocations", poll),
    tell("GET /health"),
    guarded("POST /v1/operator", { body: { order: "rejoin", partition: "p1" } }),
    guarded("POST /v1/revocations", { body: { address, reason: "enabled" } }),
    guarded("PUT /v1/map", { body: { from: map.epoch, map: { ...map, epoch: map.epoch + 1 } } }),
  ];
}

function directoryRows({ address, password, phc }: Stage): readonly Row[] {
  const domain = address.slice(address.indexOf("@"));
  const named = (kind: string): string => `/v1/${kind}/new.${kind}.{id}${domain}`;
  const reads = { headers: [deadline, atLeast] };
  const writes = { headers: [deadline] };
  return [
    tell("POST /v1/verify", { body: { address, password }, ...reads }),
    tell("POST /v1/lookup", { body: { address }, ...reads }),
    guarded("POST /v1/users", { body: { address: `new.users.{id}${domain}`, phc }, ...writes }),
    guarded("GET /v1/users/:address", { path: named("users"), ...reads }),
    guarded("PATCH /v1/users/:address", { path: named("users"), body: { disabled: true }, ...writes }),
    guarded("PUT /v1/aliases/:address", { path: named("aliases"), body: { target: address }, ...writes }),
    guarded("PUT /v1/groups/:address", { path: named("groups"), body: { members: [address] }, ...writes }),
    guarded("DELETE /v1/users/:address", { path: named("users"), ...writes }),
    guarded("DELETE /v1/aliases/:address", { path: named("aliases"), ...writes }),
    guarded("DELETE /v1/groups/:address", { path: named("groups"), ...writes }),
    guarded("POST /v1/import", {
      body: { address: `new.import.{id}${domain}`, phc, disabled: false },
      lines: true,
      optional: ["disabled"],
      ...writes,
    }),
  ];
}

/** The proxy and the toxic that the rows of the fault proxies are about; they are there before any row is played. */
export const staged = { proxy: "staged", toxic: "staged_too" };

function faultRows({ upstream }: Stage): readonly Row[] {
  const proxy = (name: string) => ({ name, listen: "127.0.0.1:0", upstream, enabled: true });
  const one = `/proxies/${staged.proxy}`;
  const toxic = `${one}/toxics/${staged.toxic}`;
  const change = { body: { enabled: true }, optional: ["enabled"] };
  const toxicChange = { body: { toxicity: 0.5 }, optional: ["toxicity"] };
  return [
    tell("GET /version"),
    tell("GET /metrics"),
    tell("GET /proxies"),
    tell("POST /proxies", { body: proxy("made"), optional: ["listen", "enabled"], taken: 201 }),
    tell("POST /populate", { body: [proxy("made")], optional: ["0.listen", "0.enabled"], taken: 201 }),
    tell("GET /proxies/:proxy", { path: one }),
    tell("POST /proxies/:proxy", { path: one, ...change }),
    tell("PATCH /proxies/:proxy", { path: one, ...change }),
    tell("GET /proxies/:proxy/counters", { path: `${one}/counters` }),
    tell("GET /proxies/:proxy/seconds", { path: `${one}/seconds` }),
    tell("GET /proxies/:proxy/toxics", { path: `${one}/toxics` }),
    tell("POST /proxies/:proxy/toxics", {
      path: `${one}/toxics`,
      body: {
        name: "late",
        type: "latency",
        stream: "upstream",
        toxicity: 1,
        attributes: { latency: 5 },
        leaseMs: 60_000,
      },
      optional: ["name", "stream", "toxicity", "leaseMs", "attributes", "attributes.latency"],
    }),
    tell("GET /proxies/:proxy/toxics/:toxic", { path: toxic }),
    tell("POST /proxies/:proxy/toxics/:toxic", { path: toxic, ...toxicChange }),
    tell("PATCH /proxies/:proxy/toxics/:toxic", { path: toxic, ...toxicChange }),
    tell("DELETE /proxies/:proxy/toxics/:toxic", { path: toxic, taken: 204 }),
    tell("DELETE /proxies/:proxy", { path: one, taken: 204 }),
    tell("POST /reset", { taken: 204 }),
  ];
}
