import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Proxy } from "@cordon/model";
import { faultsByHand, refuseFaultsByHand } from "./faults-by-hand.ts";
import { proxyWith } from "./proxy.fixture.ts";

const spawned = ["auth", "mail", "guardian", "p3a", "p3c"];
const own: readonly Proxy[] = [
  proxyWith({ name: "p1a", applied: {} }),
  proxyWith({ name: "p3a", applied: { drill: 40 } }),
  proxyWith({ name: "p3c", applied: {} }),
];
const slow: Proxy["toxics"][number] = {
  name: "slow",
  type: "latency",
  stream: "downstream",
  toxicity: 1,
  attributes: { latency: 200 },
  applied: 0,
};

test("the drill's own fault is nobody else's, on the way to whoever serves what failed", () => {
  expect(faultsByHand(own, spawned, "p3")).toEqual([]);
});

test("a toxic of another name is, though it is long gone, and so is one of the drill's name elsewhere", () => {
  const gone = [...own, proxyWith({ name: "p3b", applied: { drill: 2, mute: 1 } })];
  expect(faultsByHand(gone, spawned, "p3")).toEqual(["mute on p3b"]);
  expect(faultsByHand([proxyWith({ name: "p30a", applied: { drill: 1 } })], spawned, "p3")).toEqual(["drill on p30a"]);
});

test("a toxic that stands is named once, and so are a proxy that is shut and a process that was frozen twice", () => {
  const standing = [proxyWith({ name: "p1a", applied: { slow: 3 }, toxics: [slow], enabled: false })];
  expect(faultsByHand(standing, [...spawned, "freeze-mail", "freeze-mail"], "p3")).toEqual([
    "slow on p1a",
    "p1a shut",
    "mail frozen",
  ]);
});

/** A lab of which nothing is left but what its fault proxies say. */
async function labWith(proxies: readonly Proxy[]) {
  const dir = mkdtempSync(join(tmpdir(), "cordon-by-hand-"));
  const server = createServer((_, response) => {
    response.setHeader("connection", "close");
    response.end(JSON.stringify(Object.fromEntries(proxies.map((proxy) => [proxy.name, proxy]))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const fault = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const urls = { control: "", auth: "", mx: "", submission: "", mailApi: "", fault };
  const close = async (): Promise<void> => {
    rmSync(dir, { recursive: true });
    server.close();
  };
  return { lab: { urls, dir }, close, [Symbol.asyncDispose]: close };
}

test("a side with such a fault is lost, and says which, three by name", async () => {
  await using sound = await labWith(own);
  await expect(refuseFaultsByHand(sound.lab, "p3")).resolves.toBeUndefined();
  await using spoilt = await labWith([...own, proxyWith({ name: "p2a", applied: { a: 1, b: 1, c: 1, d: 1 } })]);
  await expect(refuseFaultsByHand(spoilt.lab, "p3")).rejects.toMatchObject({
    message: "faults by another hand were found",
    so: "a on p2a, b on p2a, c on p2a, and 1 more; the side is no answer to the drill's own alone",
  });
});
