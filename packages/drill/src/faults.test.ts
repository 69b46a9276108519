/** What the fault proxies answer, as a drill takes it: an API of the test's own in their place. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createFault, type Fault, type Target } from "./faults.ts";

const target: Target = {
  id: "p3a",
  partition: "p3",
  pid: process.pid,
  startTicks: 0,
  service: "http://127.0.0.1:9",
  health: "http://127.0.0.1:9",
};

/** A silent partition whose proxies answer every order with `status`; at its end they are gone. */
async function silentBehind(status: number): Promise<AsyncDisposable & { readonly fault: Fault; close(): void }> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { connection: "close" }).end(status === 204 ? undefined : '{"error":"so it is"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const faultUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => void server.close();
  const fault = createFault({ kind: "silent-partition" }, [target], {
    faultUrl,
    token: "",
    leaseMs: 1_000,
    journalFrozen: () => {},
  });
  return { fault, close, [Symbol.asyncDispose]: async () => close() };
}

test.each([204, 404])("a fault that is taken away, or that its lease has healed, is gone (%i)", async (status) => {
  await using behind = await silentBehind(status);
  await expect(behind.fault.remove()).resolves.toBeUndefined();
});

test.each([400, 409, 500])("a removal that is refused for another reason proves nothing (%i)", async (status) => {
  await using behind = await silentBehind(status);
  await expect(behind.fault.remove()).rejects.toThrow("the fault proxies refused to take the fault away");
});

test("fault proxies that are gone prove nothing", async () => {
  await using behind = await silentBehind(204);
  behind.close();
  await expect(behind.fault.remove()).rejects.toThrow("the fault proxies did not answer");
});
