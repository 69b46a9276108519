/** A share of exchanges hangs; the coin falls by seed, name and ordinals alone. */
import { expect, test } from "vitest";
import { createLiveToxic } from "../live-toxic.ts";
import { dial, exchange, startLab, startUpstream, until, value, type Client, type Lab } from "../lab.fixture.ts";
import { parseToxic } from "../orders.ts";

const toxicOf = (share: number) => value(parseToxic({ type: "intermittent", name: "i", attributes: { share } }));

/** Ordinals of the exchanges, of the first `count` of one link, that lose their toss. */
const hungOn = (seed: string, link: number, count: number, share = 0.3): number[] => {
  const live = createLiveToxic(seed, "p", toxicOf(share));
  const ordinals = Array.from({ length: count }, (_, index) => index + 1);
  return ordinals.filter((ordinal) => live.onExchange(link, ordinal).do === "stall");
};

/** Asks until an answer stays out; answers how many came. */
async function answersOf(client: Client, lab: Lab): Promise<number> {
  for (let answers = 0; ; answers++) {
    const swallowedBefore = lab.counters().applied["i"] ?? 0;
    client.socket.write("x");
    await until(() => client.received().length > answers || (lab.counters().applied["i"] ?? 0) > swallowedBefore);
    if (client.received().length === answers) return answers;
  }
}

test("the same seed hangs the same exchanges, another seed others", () => {
  expect(hungOn("a", 1, 200)).toEqual(hungOn("a", 1, 200));
  expect(hungOn("a", 1, 200)).not.toEqual(hungOn("b", 1, 200));
  expect(hungOn("a", 1, 200)).not.toEqual(hungOn("a", 2, 200));
});

test("the share that hangs is the share that was asked for", () => {
  const links = Array.from({ length: 200 }, (_, index) => index + 1);
  const hung = links.reduce((sum, link) => sum + hungOn("seed", link, 50).length, 0);
  expect(hung / 10_000).toBeGreaterThan(0.28);
  expect(hung / 10_000).toBeLessThan(0.32);
  expect(hungOn("seed", 1, 100, 0)).toEqual([]);
  expect(hungOn("seed", 1, 100, 1)).toHaveLength(100);
});

test("from the exchange that loses its toss on, the link never answers", async () => {
  await using upstream = await startUpstream();
  await using lab = await startLab(upstream.address);
  lab.add({ type: "intermittent", name: "i", attributes: { share: 0.3 } });
  using client = await dial(lab.address);
  const answers = await answersOf(client, lab);
  expect(answers).toBe((hungOn("seed", 1, 1000)[0] ?? 0) - 1);
  client.socket.write("again");
  await until(() => lab.counters().bytesUp === answers + 6);
  expect(client.fate()).toBe("open");
  lab.remove("i");
  await until(() => client.fate() === "ECONNRESET");
  expect(client.received().length).toBe(answers);
  expect(lab.counters().applied).toEqual({ i: 1 });
  using next = await dial(lab.address);
  await exchange(next, "back");
});

test("an unrelated toxic that comes and goes changes no coin", async () => {
  const runWith = async (unrelated: boolean): Promise<number[]> => {
    await using upstream = await startUpstream();
    await using lab = await startLab(upstream.address);
    if (unrelated) lab.add({ type: "intermittent", name: "other", attributes: { share: 0 } });
    lab.add({ type: "intermittent", name: "i", attributes: { share: 0.2 } });
    const answers: number[] = [];
    for (let link = 0; link < 8; link++) {
      using client = await dial(lab.address);
      answers.push(await answersOf(client, lab));
      if (unrelated && link === 3) lab.remove("other");
    }
    return answers;
  };
  expect(await runWith(true)).toEqual(await runWith(false));
});
