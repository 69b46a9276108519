/** The first ones hang, the rest pass; counted from the coming of the toxic. */
import { expect, test } from "vitest";
import { dial, exchange, startLab, startUpstream, until } from "../lab.fixture.ts";

test("the first connections made after it came hang, a live one and later ones pass", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using live = await dial(lab.address);
  await exchange(live, "before");
  lab.add({ type: "first_n", name: "f", attributes: { connections: 2 } });
  await exchange(live, "still here");
  for (const bytes of [17, 18]) {
    using hung = await dial(lab.address);
    hung.socket.write("x");
    await until(() => lab.counters().bytesUp === bytes);
    expect(hung.received().length).toBe(0);
  }
  using third = await dial(lab.address);
  await exchange(third, "third");
  expect(lab.counters()).toMatchObject({ applied: { f: 2 } });
});

test("the first exchanges hang, on whichever connection, and a retry gets through", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  using one = await dial(lab.address);
  using two = await dial(lab.address);
  using three = await dial(lab.address);
  for (const client of [one, two, three]) await exchange(client, "warm");
  lab.add({ type: "first_n", name: "f", attributes: { exchanges: 2 } });
  for (const [index, client] of [one, two].entries()) {
    client.socket.write("x");
    await until(() => lab.counters().applied["f"] === index + 1);
  }
  await exchange(three, "third");
  expect(lab.counters()).toMatchObject({ exchanges: 6, applied: { f: 2 } });
});
