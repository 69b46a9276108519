import { spawn } from "node:child_process";
import { once } from "node:events";
import { identityOf } from "@cordon/runtime";
import { expect, test } from "vitest";
import { watchGround } from "./ground-watch.ts";

/** A process that stands for one of a lab; it is killed when its scope ends. */
function standIn(name: string) {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  return {
    child,
    listed: { name, ...identityOf(child.pid ?? 0) },
    [Symbol.dispose]: () => void child.kill("SIGKILL"),
  };
}

/** What the watch says first. */
function lossOf(lab: Parameters<typeof watchGround>[0]) {
  const { promise, resolve } = Promise.withResolvers<readonly string[]>();
  const watch = watchGround(lab, (why) => resolve([why.message, why.so]));
  return { promise, [Symbol.dispose]: () => watch[Symbol.dispose]() };
}

test.each([
  ["fault", "the fault process ended"],
  ["control", "control ended"],
  ["supervisor", "the supervisor ended"],
  ["guardian", "the guardian ended"],
])("the end of %s is told in words, also when another takes its place", async (name, words) => {
  using one = standIn(name);
  using mail = standIn("mail");
  using loss = lossOf({ processes: () => [mail.listed, one.listed], ailing: () => [] });
  // Mail is what is drilled: its end is a finding, and no loss of the ground.
  mail.child.kill("SIGKILL");
  one.child.kill("SIGKILL");
  const [message, so] = await loss.promise;
  expect(message).toBe(words);
  expect(so).not.toBe("");
});

test.each([
  ["is stopped", "control was stopped"],
  ["does not answer", "control stopped answering"],
])("one that %s has not ended, and is lost all the same", async (why, words) => {
  using one = standIn("control");
  using loss = lossOf({
    processes: () => [one.listed],
    ailing: () => [{ name: "control", sinceMs: 900, why }],
  });
  expect((await loss.promise)[0]).toBe(words);
});

test("when something failed, a look finds what gave way since the last one, and tells it once", async () => {
  using one = standIn("fault");
  const told: string[] = [];
  using watch = watchGround({ processes: () => [one.listed], ailing: () => [] }, (why) => told.push(why.message));
  watch.look();
  expect(told).toEqual([]);
  const exited = once(one.child, "exit");
  one.child.kill("SIGKILL");
  await exited;
  watch.look();
  watch.look();
  expect(told).toEqual(["the fault process ended"]);
});
