import { readdirSync } from "node:fs";
import { availableParallelism, getPriority } from "node:os";
import type { Deadline } from "@cordon/model";
import { expect, test } from "vitest";
import { systemClock } from "./clock.ts";
import { hashCost } from "./hash-cost.ts";
import { createHasher, type Hasher } from "./hasher.ts";
import { createSupervisorLink, type SeatAnswer, type SupervisorLink } from "./supervisor-link.ts";
import { until } from "./test-support.ts";

const soon = (): Deadline => systemClock.now() + 15_000;

interface Ground extends AsyncDisposable {
  readonly hasher: Hasher;
  readonly link: SupervisorLink;
}

/** A hasher on a link without a supervisor: it has one seat at a time. */
function makeHasher(changes: Partial<SupervisorLink> = {}): Ground {
  const options = { socket: null, name: "p1a", clock: systemClock, random: () => 0, maxWaiting: 8, loopLagMs: () => 0 };
  const link = { ...createSupervisorLink(options), ...changes };
  const hasher = createHasher(link, "p1", systemClock);
  return {
    hasher,
    link,
    async [Symbol.asyncDispose]() {
      await hasher.close();
      link.close();
    },
  };
}

async function phcOf(hasher: Hasher, password: string, secret?: Uint8Array): Promise<string> {
  const outcome = await hasher.hash(password, soon(), secret);
  if (outcome.kind !== "hashed") throw new Error("no seat for a hash");
  return outcome.phc;
}

test("a password matches its own hash and no other", async () => {
  await using ground = makeHasher();
  const { hasher } = ground;
  const phc = await phcOf(hasher, "correct horse");
  expect(phc).toContain(`$argon2id$v=19$m=${hashCost.memoryKiB},t=${hashCost.passes},p=${hashCost.lanes}$`);
  expect(await hasher.verify(phc, "correct horse", soon())).toEqual({ kind: "matches" });
  expect(await hasher.verify(phc, "correct horsf", soon())).toEqual({ kind: "differs" });
  expect(await hasher.verify(phc, "", soon())).toEqual({ kind: "differs" });
  expect(await hasher.verify("$argon2id$rubbish", "correct horse", soon())).toEqual({ kind: "differs" });
});

test("a hash made under a secret matches under the same secret alone", async () => {
  await using ground = makeHasher();
  const { hasher } = ground;
  const phc = await phcOf(hasher, "correct horse", Buffer.from("key of this host"));
  expect(await hasher.verify(phc, "correct horse", soon(), Buffer.from("key of this host"))).toEqual({
    kind: "matches",
  });
  expect(await hasher.verify(phc, "correct horse", soon(), Buffer.from("another key"))).toEqual({ kind: "differs" });
  expect(await hasher.verify(phc, "correct horse", soon())).toEqual({ kind: "differs" });
});

test("whoever gets no seat before the deadline is busy, and not one hash is begun for it", async () => {
  await using ground = makeHasher();
  const { hasher, link } = ground;
  const seat = await link.askSeat("p1", 1000);
  expect(await hasher.verify("$argon2id$", "x", systemClock.now() + 10)).toMatchObject({ kind: "busy" });
  expect(await hasher.hash("x", systemClock.now() - 1)).toEqual({ kind: "busy", retryAfterMs: 0 });
  if (seat.kind === "seat") seat.giveBack();
  expect(await phcOf(hasher, "x")).toContain("$argon2id$");
});

test("every seat comes back, whatever becomes of its hash", async () => {
  let out = 0;
  const askSeat = (): Promise<SeatAnswer> => {
    out += 1;
    return Promise.resolve({ kind: "seat", giveBack: () => (out -= 1) });
  };
  await using ground = makeHasher({ askSeat });
  const { hasher } = ground;
  const phc = await phcOf(hasher, "x");
  await Promise.all([hasher.verify(phc, "x", soon()), hasher.verify("rubbish", "x", soon()), hasher.hash("y", soon())]);
  expect(out).toBe(0);
  const lost = [hasher.hash("x", soon()), hasher.hash("x", soon())];
  await until(() => out === 2);
  await hasher.close();
  expect(await Promise.all(lost)).toEqual(lost.map(() => ({ kind: "busy", retryAfterMs: 1000 })));
  expect(out).toBe(0);
  expect(await hasher.hash("x", soon())).toMatchObject({ kind: "busy" });
});

/** How many threads of this process stand at least ten steps behind the process itself. */
function threadsBehind(): number {
  const own = getPriority(process.pid);
  return readdirSync("/proc/self/task").filter((thread) => getPriority(Number(thread)) >= own + 2).length;
}

// Elsewhere a thread has no priority of its own.
test.runIf(process.platform === "linux")(
  "the thread that hashes stands behind everything else on the host",
  async () => {
    await using ground = makeHasher();
    await phcOf(ground.hasher, "x");
    expect(threadsBehind()).toBe(1);
  },
);

// Elsewhere a thread that hashes cannot be told from the others.
test.runIf(process.platform === "linux")(
  "each seat has a thread of its own, and there are never more than cores",
  async () => {
    const askSeat = (): Promise<SeatAnswer> => Promise.resolve({ kind: "seat", giveBack: () => {} });
    await using ground = makeHasher({ askSeat });
    const many = availableParallelism() + 2;
    await Promise.all(Array.from({ length: many }, () => phcOf(ground.hasher, "x")));
    expect(threadsBehind()).toBe(availableParallelism());
  },
);
