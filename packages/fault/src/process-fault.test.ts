/** Real signals to a real child; and no signal to anybody else. */
import { spawn, type ChildProcess } from "node:child_process";
import { expect, test } from "vitest";
import { startTicksOf } from "@cordon/runtime";
import { until } from "./lab.fixture.ts";
import { inflict, stateOf, type ProcessIdentity } from "./process-fault.ts";

const withoutProc = startTicksOf(process.pid) === 0;

interface Child extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly identity: ProcessIdentity;
}

function startChild(): Child {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const exited = new Promise((resolve) => {
    child.on("exit", resolve);
  });
  const pid = child.pid ?? 0;
  return {
    child,
    identity: { pid, startTicks: startTicksOf(pid) },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

// Needs /proc to tell one process from another.
test.skipIf(withoutProc)("a process is frozen, thawed and killed", async () => {
  await using it = startChild();
  expect(stateOf(it.identity)).toBe("running");
  expect(inflict("freeze", it.identity)).toEqual({ kind: "sent" });
  await until(() => stateOf(it.identity) === "frozen");
  expect(inflict("thaw", it.identity)).toEqual({ kind: "sent" });
  await until(() => stateOf(it.identity) === "running");
  expect(inflict("kill", it.identity)).toEqual({ kind: "sent" });
  await until(() => it.child.signalCode !== null);
  expect(it.child.signalCode).toBe("SIGKILL");
  expect(stateOf(it.identity)).toBe("gone");
  expect(inflict("kill", it.identity)).toEqual({ kind: "gone" });
});

// Needs /proc to tell one process from another.
test.skipIf(withoutProc)("a frozen process can be killed", async () => {
  await using it = startChild();
  inflict("freeze", it.identity);
  await until(() => stateOf(it.identity) === "frozen");
  expect(inflict("kill", it.identity)).toEqual({ kind: "sent" });
  await until(() => stateOf(it.identity) === "gone");
});

// Needs /proc to tell one process from another.
test.skipIf(withoutProc)("a pid that belongs to another process by now is left alone", async () => {
  await using it = startChild();
  const stale = { pid: it.identity.pid, startTicks: it.identity.startTicks - 1 };
  expect(inflict("kill", stale)).toEqual({ kind: "another-process", startTicks: it.identity.startTicks });
  expect(stateOf(stale)).toBe("gone");
  expect(stateOf(it.identity)).toBe("running");
  expect(inflict("kill", { pid: -it.identity.pid, startTicks: 0 })).toEqual({ kind: "gone" });
  expect(stateOf(it.identity)).toBe("running");
});
