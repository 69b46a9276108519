/** What is posted: Toxiproxy's own values for what is left out, and a refusal that names the fix for what is wrong. */
import { expect, test } from "vitest";
import { value } from "./lab.fixture.ts";
import { parseProxies, parseProxy, parseProxyChange, parseToxic, parseToxicChange } from "./orders.ts";

test("what a caller leaves out is what Toxiproxy would take", () => {
  expect(value(parseToxic({ type: "latency", attributes: { latency: 5 } }))).toEqual({
    name: "latency_downstream",
    type: "latency",
    stream: "downstream",
    toxicity: 1,
    attributes: { latency: 5, jitter: 0 },
  });
  expect(value(parseProxy({ name: "p", upstream: "localhost:80" }))).toEqual({
    name: "p",
    listen: { host: "127.0.0.1", port: 0 },
    upstream: { host: "localhost", port: 80 },
    enabled: true,
  });
});

test.each(["...", "..p", "p.", "%2E", "漢字🙂"])("a name that a path can carry is taken: %s", (name) => {
  expect(value(parseToxic({ type: "silent", name }))).toMatchObject({ name });
});

test("a change keeps what it does not name", () => {
  const before = value(
    parseToxic({ type: "latency", attributes: { latency: 5, jitter: 2 }, toxicity: 0.5, leaseMs: 9 }),
  );
  expect(value(parseToxicChange({ attributes: { jitter: 1 } }, before))).toEqual({
    ...before,
    attributes: { latency: 5, jitter: 1 },
  });
});

test.each([
  [parseToxic("silent"), "JSON object"],
  [
    parseToxic({ type: "down" }),
    "invalid toxic type: down; give one of latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data, noop, ",
  ],
  [parseToxic({ type: "silent", stream: "sideways" }), "stream was invalid, can be either upstream or downstream"],
  [parseToxic({ type: "silent", toxicity: 1.5 }), "toxicity is out of range"],
  [parseToxic({ type: "silent", leaseMs: 0 }), "leaseMs is out of range"],
  [parseToxic({ type: "silent", name: "a/b" }), "name is not one"],
  [parseToxic({ type: "silent", name: ".." }), "name is not one"],
  [parseToxic({ type: "silent", name: "." }), "name is not one"],
  [parseToxic({ type: "silent", name: "\ud800" }), "name is not one"],
  [parseToxic({ type: "silent", attributes: { timeout: 1 } }), "silent has no timeout; it takes none"],
  [
    parseToxic({ type: "latency", attributes: { latency: "5" } }),
    "attribute latency of latency is missing or out of range",
  ],
  [parseToxic({ type: "latency", attributes: { latency: -1 } }), "delay in milliseconds, 0 to 3600000"],
  [parseToxic({ type: "slicer" }), "size of a piece in bytes, 1 to 1000000000"],
  [parseToxic({ type: "syn_drop", toxicity: 0.5 }), "toxicity of syn_drop is 0 or 1"],
  [parseToxic({ type: "intermittent", attributes: { share: 1.2 } }), "share of the exchanges that hang, 0 to 1"],
  [parseToxic({ type: "reset_peer", attributes: { toString: 1 } }), "invalid attribute: reset_peer has no toString"],
  [parseProxy({ upstream: "h:1" }), "missing required field: name"],
  [parseProxy({ name: "p" }), "missing required field: upstream"],
  [parseProxy({ name: "p", upstream: "h:0" }), "upstream is not an address"],
  [parseProxy({ name: "p", upstream: "h:1", listen: "h:65536" }), "listen is not an address"],
  [parseProxyChange({ enabled: "yes" }), "enabled is not a boolean"],
  [parseProxyChange({ enabled: true, leaseMs: 5 }), "leaseMs of a proxy goes with enabled: false"],
  [parseProxyChange({ enabled: false, leaseMs: 0 }), "leaseMs is out of range"],
  [parseProxy({ name: "a\0b", upstream: "h:1" }), "missing required field: name"],
  [parseProxy({ name: "..", upstream: "h:1" }), "missing required field: name"],
  [
    parseProxies([
      { name: "p", upstream: "h:1" },
      { name: "p", upstream: "h:2" },
    ]),
    "two proxies are called p, the second at proxy 2",
  ],
  [
    parseProxies([{ name: "p", upstream: "h:1" }, {}]),
    "missing required field: name; give 1 to 100 characters without spaces and slashes, and not . or .., at proxy 2",
  ],
])("a wrong order is refused with 400 and the fix: %j", (answer, said) => {
  expect(answer).toMatchObject({ kind: "refused", status: 400, error: expect.stringContaining(said) as string });
});
