/** A real RST: the client sees ECONNRESET, not an end. */
import { expect, test } from "vitest";
import { dial, exchange, startLab, startUpstream, until } from "../lab.fixture.ts";

test("a live link is reset at once when the time-out is 0", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using client = await dial(lab.address);
  await exchange(client, "hello");
  lab.add({ type: "reset_peer", name: "r", attributes: { timeout: 0 } });
  await until(() => client.fate() !== "open");
  expect(client.fate()).toBe("ECONNRESET");
  expect(lab.counters()).toMatchObject({ applied: { r: 1 } });
  lab.remove("r");
  using next = await dial(lab.address);
  await exchange(next, "back");
});

test("a link lives until the time-out has passed, busy or not", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "reset_peer", attributes: { timeout: 500 } });
  using client = await dial(lab.address);
  await exchange(client, "hello");
  lab.ground.advance(499);
  await exchange(client, "still here");
  lab.ground.advance(1);
  await until(() => client.fate() !== "open");
  expect(client.fate()).toBe("ECONNRESET");
});

test("a reset that was to come is called off when the toxic goes", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "reset_peer", name: "r", attributes: { timeout: 500 } });
  using client = await dial(lab.address);
  await exchange(client, "hello");
  lab.remove("r");
  lab.ground.advance(1000);
  await exchange(client, "still here");
  expect(client.fate()).toBe("open");
});
