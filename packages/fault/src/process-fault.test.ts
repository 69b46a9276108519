/** Real signals to a real child; and no signal to anybody else. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { hasProc, identityOf, stateOf, type ProcessIdentity } from "@cordon/runtime";
import { until } from "./lab.fixture.ts";
import { freeze, thaw } from "./process-fault.ts";

const longMs = 60_000;

interface Child extends AsyncDisposable {
  readonly identity: ProcessIdentity;
}

function startChild(): Child {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const exited = once(child, "exit");
  return {
    identity: identityOf(child.pid ?? 0),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

// Needs /proc to tell one process from another.
test.runIf(hasProc())("a process is frozen and thawed", async () => {
  await using it = startChild();
  expect(freeze(it.identity, longMs)).toEqual({ kind: "sent" });
  await until(() => stateOf(it.identity) === "frozen");
  expect(thaw(it.identity)).toEqual({ kind: "sent" });
  await until(() => stateOf(it.identity) === "running");
});

// Needs /proc to tell one process from another.
test.runIf(hasProc())("a process that nobody thaws goes on when its lease ends", async () => {
  await using it = startChild();
  expect(freeze(it.identity, 200)).toEqual({ kind: "sent" });
  await until(() => stateOf(it.identity) === "frozen");
  await until(() => stateOf(it.identity) === "running");
});

// Needs /proc to tell one process from another.
test.runIf(hasProc())("a lease that was ended by a thaw, or by another freeze, thaws nobody later", async () => {
  await using thawed = startChild();
  await using renewed = startChild();
  await using last = startChild();
  for (const { identity } of [thawed, renewed]) freeze(identity, 200);
  thaw(thawed.identity);
  for (const { identity } of [thawed, renewed]) freeze(identity, longMs);
  freeze(last.identity, 300); // by its end the others' first leases would have ended
  await until(() => stateOf(last.identity) === "frozen");
  await until(() => stateOf(last.identity) === "running");
  expect([thawed, renewed].map(({ identity }) => stateOf(identity))).toEqual(["frozen", "frozen"]);
});

// Needs /proc to tell one process from another.
test.runIf(hasProc())("a pid that belongs to another process by now is not frozen", async () => {
  await using it = startChild();
  const stale = { pid: it.identity.pid, startTicks: it.identity.startTicks - 1 };
  expect(freeze(stale, longMs)).toEqual({ kind: "another-process", startTicks: it.identity.startTicks });
  expect(thaw(stale).kind).toBe("another-process");
  expect(stateOf(it.identity)).toBe("running");
});
