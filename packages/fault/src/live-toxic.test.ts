/** Coins fall by seed, proxy, toxic and ordinals, and by nothing else. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLiveToxic, type LiveToxic } from "./live-toxic.ts";
import { value } from "./lab.fixture.ts";
import { parseToxic } from "./orders.ts";

/** No path can carry `.` and `..`. */
const names = fc.stringMatching(/^[a-z0-9_-][a-z0-9_.-]{0,19}$/);
const coins = fc.record({ seed: names, proxy: names, name: names, share: fc.double({ min: 0, max: 1, noNaN: true }) });
type Coin = { seed: string; proxy: string; name: string; share: number };

const liveOf = ({ seed, proxy, name, share }: Coin) =>
  createLiveToxic(
    seed,
    proxy,
    value(parseToxic({ type: "intermittent", name, toxicity: share, attributes: { share } })),
  );

/** For each of 200 exchanges on each of 3 links, and for each of 200 links, whether it is hit. */
function hits(coin: Coin, disturb: (ordinal: number, live: LiveToxic) => void): boolean[] {
  const live = liveOf(coin);
  const ordinals = Array.from({ length: 200 }, (_, index) => index + 1);
  return ordinals.flatMap((ordinal) => {
    disturb(ordinal, live);
    const exchanges = [1, 2, 3].map((link) => live.onExchange(link, ordinal).do === "stall");
    return [...exchanges, live.touches(ordinal)];
  });
}

test("the same seed hits the same ordinals, whatever other toxics toss meanwhile", () => {
  fc.assert(
    fc.property(coins, coins, (coin, unrelated) => {
      const other = liveOf(unrelated);
      const disturbed = hits(coin, (ordinal, live) => {
        other.onLink(ordinal, true);
        other.onExchange(ordinal, ordinal);
        live.onLink(ordinal, true);
      });
      expect(disturbed).toEqual(hits(coin, () => {}));
    }),
    { numRuns: 50 },
  );
});

test("another seed, proxy or name is another coin", () => {
  const coin = { seed: "a", proxy: "p", name: "t", share: 0.5 };
  const others = [coin, { ...coin, seed: "b" }, { ...coin, proxy: "q" }, { ...coin, name: "u" }];
  expect(new Set(others.map((other) => hits(other, () => {}).join())).size).toBe(others.length);
});

test("a greater share hits what a smaller one hit, and more", () => {
  fc.assert(
    fc.property(coins, fc.double({ min: 0, max: 1, noNaN: true }), (coin, share) => {
      const [less, more] = [Math.min(coin.share, share), Math.max(coin.share, share)];
      const smaller = hits({ ...coin, share: less }, () => {});
      const greater = hits({ ...coin, share: more }, () => {});
      expect(smaller.filter((hit, index) => hit && greater[index] === false)).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
