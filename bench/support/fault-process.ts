/**
 * The fault process as a lab runs it, from its `main.ts` and a configuration, on a core of its own: it is measured from
 * outside, so that nothing of a bench is in the process that is measured.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pin, type Place } from "./pinning.ts";

export interface FaultProcess extends AsyncDisposable {
  /** Base URL of the control API. */
  readonly api: string;
  readonly pid: number;
}

const main = join(import.meta.dirname, "../../packages/fault/src/main.ts");
const bounds = { maxProxies: 16, maxToxicsPerProxy: 16, maxOpenLinks: 2_048, maxDelayedBytes: 1_048_576 };

export async function startFaultProcess(place: Place): Promise<FaultProcess> {
  await using opened = new AsyncDisposableStack();
  const dir = opened.use(mkdtempDisposableSync(join(tmpdir(), "cordon-bench-")));
  const file = join(dir.path, "fault.json");
  const config = {
    name: "fault",
    eventsFile: join(dir.path, "events.ndjson"),
    supervisorSocket: null,
    logLevel: "error",
    seed: "bench",
    bounds,
    api: { host: "127.0.0.1", port: 0 },
    proxies: [],
  };
  writeFileSync(file, JSON.stringify(config));
  const child = spawn(process.execPath, [main, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  opened.defer(async () => {
    child.kill("SIGTERM");
    await exited;
  });
  const { pid } = child;
  if (pid === undefined) throw new Error("the fault process could not be started");
  const [ready] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  pin(pid, place);
  const { ports } = JSON.parse(ready) as { ports: { api: string } };
  const owned = opened.move();
  return { api: ports.api, pid, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
