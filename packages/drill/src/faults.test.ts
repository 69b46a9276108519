/** What the fault proxies answer, as a drill takes it: an API of the test's own in their place. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { hasProc, identityOf, stateOf } from "@cordon/runtime";
import { createFault, type Fault, type FaultTools, type Target } from "./faults.ts";
import { proxyWith } from "./proxy.fixture.ts";

const target: Target = {
  id: "p3a",
  partition: "p3",
  pid: process.pid,
  startTicks: 0,
  service: "http://127.0.0.1:9",
  health: "http://127.0.0.1:9",
};
const tools: Omit<FaultTools, "faultUrl"> = {
  token: "",
  leaseMs: 1_000,
  endsWithLease: false,
  journalFrozen: () => {},
};

type Behind = AsyncDisposable & { readonly fault: Fault; close(): void };

/** A silent partition whose proxies answer every removal with `status`, and have bitten `applied`; at its end they are gone. */
async function silentBehind(status: number, applied = {}, own: Partial<FaultTools> = {}): Promise<Behind> {
  const proxies = { p3a: proxyWith({ name: "p3a", applied }) };
  const server = createServer((request, response) => {
    request.resume();
    const looks = request.method === "GET";
    response.writeHead(looks ? 200 : status, { connection: "close" });
    response.end(looks ? JSON.stringify(proxies) : status === 204 ? undefined : '{"error":"so it is"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const faultUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): void => void server.close();
  const fault = createFault({ kind: "silent-partition" }, [target], { ...tools, faultUrl, ...own });
  return { fault, close, [Symbol.asyncDispose]: async () => close() };
}

test("a fault that is taken away is gone", async () => {
  await using behind = await silentBehind(204);
  await expect(behind.fault.remove()).resolves.toBeUndefined();
});

test("a fault that bit and is not there any more was taken away by somebody else", async () => {
  await using behind = await silentBehind(404, { drill: 3 });
  await expect(behind.fault.remove()).rejects.toMatchObject({
    message: "the fault was found gone",
    so: "somebody else had taken it away",
  });
});

test("a fault that its lease may end is gone when it has, and one whose proxy was made anew went with it", async () => {
  await using leased = await silentBehind(404, { drill: 3 }, { endsWithLease: true });
  await expect(leased.fault.remove()).resolves.toBeUndefined();
  await using anew = await silentBehind(404, {});
  await expect(anew.fault.remove()).resolves.toBeUndefined();
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

// Without /proc no process is told from another, and none may be stopped.
test.runIf(hasProc())("a process that somebody else let go on was frozen for less than the drill says", async () => {
  const sleeper = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  using _ended = { [Symbol.dispose]: () => void sleeper.kill("SIGKILL") };
  const frozen = { ...target, ...identityOf(sleeper.pid ?? 0) };
  const fault = createFault({ kind: "frozen-instance" }, [frozen], { ...tools, faultUrl: target.service });
  await fault.inject();
  await expect(fault.remove()).resolves.toBeUndefined();
  await fault.inject();
  sleeper.kill("SIGCONT");
  await expect.poll(() => stateOf(frozen)).toBe("running");
  await expect(fault.remove()).rejects.toThrow("the fault was found gone");
});
