import { spawn } from "node:child_process";
import { hasProc, identityOf } from "@cordon/runtime";
import { expect, test } from "vitest";
import { watchGround } from "./ground-watch.ts";

/** A process that stands for one of a lab; it is killed when its scope ends. */
function standIn(name: string) {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const { pid = 0 } = child;
  return {
    child,
    listed: { name, ...identityOf(pid) },
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}

/** What the watch says first. */
const lossOf = (processes: readonly ReturnType<typeof standIn>["listed"][]) => {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const watch = watchGround({ processes: () => processes }, (why) => resolve([why.message, why.so]));
  return { promise, watch };
};

test.each([
  ["fault", "the fault proxies have ended"],
  ["control", "control has ended"],
  ["supervisor", "the supervisor has ended"],
])("the loss of %s is told in words", async (name, words) => {
  using one = standIn(name);
  using mail = standIn("mail");
  const { promise, watch } = lossOf([mail.listed, one.listed]);
  using _watched = watch;
  // Mail is what is drilled: its end is a finding, and no loss of the ground.
  mail.child.kill("SIGKILL");
  one.child.kill("SIGKILL");
  const [message, so] = await promise;
  expect(message).toBe(words);
  expect(so).not.toBe("");
});

// Without /proc a stopped process looks like any other.
test.skipIf(!hasProc())("a process that is stopped is lost as well (needs /proc)", async () => {
  using one = standIn("fault");
  const { promise, watch } = lossOf([one.listed]);
  using _watched = watch;
  one.child.kill("SIGSTOP");
  expect((await promise)[0]).toBe("the fault proxies were stopped");
});
