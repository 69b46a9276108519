import { expect, test } from "vitest";
import type { DownLine } from "@cordon/model";
import { systemClock } from "@cordon/runtime";
import { until } from "../testing.fixture.ts";
import type { Link } from "./link-server.ts";
import { createSeats } from "./seats.ts";

const seatsOf = (heard: readonly DownLine[]) => heard.flatMap((line) => (line.type === "seat" ? [line.ask] : []));

test("a process on a new connection answers for nothing of the old one, whose end may be heard later", async () => {
  const seats = createSeats({ seats: 1, leaseMs: 50, waiting: 8 }, systemClock);
  const heard: DownLine[] = [];
  const hello: Link["hello"] = { type: "hello", name: "p3a", pid: 1, startTicks: 1 };
  const connect = (): Link => ({ hello, send: (line) => heard.push(line), close: () => {} });
  const [old, renewed] = [connect(), connect()];
  const asks = (link: Link, ask: number): void =>
    seats.asked(link, { type: "seat-ask", ask, queue: "p3", remainingMs: 60_000 });
  asks(old, 1);
  asks(renewed, 2); // what was given back on the old connection is lost
  seats.gone(old);
  expect(seatsOf(heard)).toEqual([1, 2]);
  seats.givenBack(renewed, { type: "seat-back", ask: 2 });
  asks(renewed, 3);
  await until("the seat of the third is free again", () => seats.free() === 1);
  asks(renewed, 4);
  expect(seatsOf(heard)).toEqual([1, 2, 3]); // the third was never given back
  seats.givenBack(renewed, { type: "seat-back", ask: 3 });
  expect(seatsOf(heard)).toEqual([1, 2, 3, 4]);
  seats.close();
});
