/** The process as the lab runs it: a configuration file in, a `ready` line out, and nothing left after SIGTERM. */
import { spawn } from "node:child_process";
import { mkdtempDisposableSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFaultClient } from "./client.ts";
import { dial, exchange, startUpstream, testBounds, until } from "./lab.fixture.ts";

test("the process serves the proxies of its configuration, says when a lease ends, and closes everything on SIGTERM", async () => {
  await using upstream = await startUpstream();
  using dir = mkdtempDisposableSync(join(tmpdir(), "cordon-fault-"));
  const file = join(dir.path, "fault.json");
  const eventsFile = join(dir.path, "events.ndjson");
  const config = {
    name: "fault",
    eventsFile,
    supervisorSocket: null,
    logLevel: "error",
    seed: "seed",
    bounds: testBounds,
    api: { host: "127.0.0.1", port: 0 },
    proxies: [{ name: "p3a", listen: "127.0.0.1:0", upstream: upstream.address }],
  };
  writeFileSync(file, JSON.stringify(config));
  const main = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [main, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = new Promise<number | null>((resolve) => {
    child.on("exit", resolve);
  });
  await using _child = { [Symbol.asyncDispose]: async () => void (child.kill("SIGKILL"), await exited) };
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until(() => said.endsWith("\n"));
  const { ports } = JSON.parse(said) as { ports: { api: string } };
  const client = createFaultClient(ports.api, 5000);
  const reply = await client.proxies();
  const address = reply.kind === "ok" ? (reply.value["p3a"]?.listen ?? "") : "";
  using talker = await dial(address);
  await exchange(talker, "hello");
  expect(await client.addToxic("p3a", { type: "silent", leaseMs: 1 })).toMatchObject({ kind: "ok" });
  await until(() => readFileSync(eventsFile, { encoding: "utf8", flag: "a+" }).includes("lease-expired"));
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
  expect((await dial(address)).fate()).toBe("ECONNREFUSED");
});
