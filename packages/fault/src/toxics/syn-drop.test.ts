/** Connects get no answer: seen in the kernel's own table of sockets, where a dropped SYN leaves its sender waiting. */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { canDropSyns } from "../deaf-door.ts";
import { dial, exchange, order, startLab, startUpstream, until, value } from "../lab.fixture.ts";
import { parseHostPort } from "../host-port.ts";

/** Connects and does not wait. On the loopback a SYN that is taken is answered before this returns to the event loop. */
function knock(address: string): Socket & Disposable {
  const socket = connect(parseHostPort(address) ?? { host: "", port: 0 });
  socket.on("error", () => {});
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}

/** How many sockets of this host wait for an answer to a SYN that they sent to `address`. */
function unanswered(address: string): number {
  const port = parseHostPort(address)?.port.toString(16).toUpperCase().padStart(4, "0");
  const synSent = "02";
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote, state]) => remote === `0100007F:${port}` && state === synSent).length;
}

// Linux alone drops a SYN when a listener's queue is full.
test.runIf(canDropSyns)(
  "a connect gets no answer, an open connection goes on, and all is well again when the toxic goes",
  async () => {
    await using upstream = await startUpstream();
    await using lab = await startLab(upstream.address);
    using live = await dial(lab.address);
    await exchange(live, "hello");
    lab.add({ type: "syn_drop", name: "s" });
    expect(await lab.book.settled("p")).toMatchObject({ kind: "ok" });
    using first = knock(lab.address);
    using second = knock(lab.address);
    await until(() => unanswered(lab.address) === 2);
    await exchange(live, "still here");
    expect([first.connecting, second.connecting]).toEqual([true, true]);
    expect(lab.counters()).toMatchObject({ connections: 1, applied: { s: 1 } });
    lab.remove("s");
    expect(await lab.book.settled("p")).toMatchObject({ kind: "ok" });
    using next = await dial(lab.address);
    await exchange(next, "back");
    // The kernel sends its SYN again after a second.
    await until(() => !first.connecting && !second.connecting);
  },
);

// Linux alone drops a SYN when a listener's queue is full.
test.runIf(canDropSyns)(
  "a proxy that drops connects is disabled, enabled, reset and closed like any other",
  async () => {
    await using upstream = await startUpstream();
    await using lab = await startLab(upstream.address);
    lab.add({ type: "syn_drop", name: "s", leaseMs: 60_000 });
    value(await lab.book.update("p", { enabled: false }));
    expect((await dial(lab.address)).fate()).toBe("ECONNREFUSED");
    value(await lab.book.update("p", { enabled: true }));
    using knocking = knock(lab.address);
    await until(() => unanswered(lab.address) === 1);
    value(await lab.book.reset());
    using client = await dial(lab.address);
    await exchange(client, "back");
    await until(() => !knocking.connecting);
    lab.add({ type: "syn_drop", name: "s", leaseMs: 1000 });
    lab.ground.advance(1000);
    expect(lab.expired).toEqual(["p/s"]);
    value(await lab.book.settled("p"));
    using again = await dial(lab.address);
    await exchange(again, "back");
    lab.add({ type: "syn_drop", name: "s" });
    await lab.book.close();
    expect((await dial(lab.address)).fate()).toBe("ECONNREFUSED");
  },
);

// Linux alone drops a SYN when a listener's queue is full.
test.runIf(canDropSyns)("an upstream that never answers a connect is given up, and holds up nobody", async () => {
  await using upstream = await startUpstream();
  await using deaf = await startLab(upstream.address);
  deaf.add({ type: "syn_drop" });
  value(await deaf.book.settled("p"));
  await using lab = await startLab(deaf.address);
  using client = await dial(lab.address);
  client.socket.write("anyone?");
  await until(() => unanswered(deaf.address) === 1);
  value(await lab.book.add(order("q", upstream.address)));
  value(await lab.book.update("p", { upstream: parseHostPort(deaf.address) ?? { host: "", port: 0 } }));
  lab.ground.advance(9_999);
  expect(client.fate()).toBe("open");
  lab.ground.advance(1);
  await until(() => client.fate() !== "open");
  client.socket.destroy();
  await until(() => lab.counters().open === 0);
  expect(lab.counters()).toMatchObject({ connections: 1, bytesDown: 0, deliveredUp: 0 });
});
