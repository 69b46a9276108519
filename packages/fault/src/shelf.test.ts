/** Leases and names of one proxy's toxics, in virtual time. */
import { expect, test } from "vitest";
import { value } from "./lab.fixture.ts";
import { parseToxic } from "./orders.ts";
import { createShelf } from "./shelf.ts";

const toxic = (name: string, leaseMs?: number, share = 1) =>
  value(parseToxic({ name, type: "intermittent", attributes: { share }, ...(leaseMs && { leaseMs }) }));
const shelf = () => createShelf("seed", "p", 2);

test("a toxic goes when its lease ends, and not before; one without a lease stays", () => {
  const it = shelf();
  it.add(toxic("leased", 100), 1000);
  it.add(toxic("standing"), 1000);
  expect(it.nextExpiry()).toBe(1100);
  expect(it.expire(1099)).toEqual([]);
  expect(it.expire(1100)).toEqual([toxic("leased", 100)]);
  expect(it.toxics()).toEqual([toxic("standing")]);
  expect(it.nextExpiry()).toBe(Number.POSITIVE_INFINITY);
});

test("the same toxic posted again renews its lease and stays the same for the links", () => {
  const it = shelf();
  it.add(toxic("t", 100), 1000);
  const [before] = it.live();
  expect(it.add(toxic("t", 100), 1090)).toEqual({ kind: "ok", value: toxic("t", 100) });
  expect(it.live()[0]).toBe(before);
  expect(it.expire(1150)).toEqual([]);
  expect(it.expire(1190)).toEqual([toxic("t", 100)]);
});

test("a name that stands for another toxic, or for one without a lease, is refused", () => {
  const it = shelf();
  it.add(toxic("leased", 100), 0);
  it.add(toxic("standing"), 0);
  expect(it.add(toxic("leased", 100, 0.5), 1)).toMatchObject({ kind: "refused", status: 409 });
  expect(it.add(toxic("standing"), 1)).toMatchObject({ kind: "refused", status: 409 });
});

test("a changed toxic is another one for the links, and begins a new lease", () => {
  const it = shelf();
  it.add(toxic("t", 100), 0);
  const [before] = it.live();
  it.replace(toxic("t", 100, 0.5), 50);
  expect(it.live()[0]).not.toBe(before);
  expect(it.nextExpiry()).toBe(150);
});

test("the shelf has a bound, and what is not there cannot be changed or removed", () => {
  const it = shelf();
  it.add(toxic("a"), 0);
  it.add(toxic("b"), 0);
  expect(it.add(toxic("c"), 0)).toMatchObject({ kind: "refused", status: 409 });
  expect(it.replace(toxic("c"), 0)).toMatchObject({ kind: "refused", status: 404 });
  expect(it.remove("c")).toMatchObject({ kind: "refused", status: 404 });
});
