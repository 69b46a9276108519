/**
 * The host's hashing seats over the links: policy/seats.ts decides, this carries asks in and answers out. A holder whose
 * link is lost holds nothing any more; it goes on alone, one hash at a time (runtime's supervisor link).
 */
import type { Clock, SeatSettings, UpLine } from "@cordon/model";
import {
  askSeat,
  createSeatBook,
  disconnectHolder,
  expireSeats,
  freeSeats,
  giveBackSeat,
  nextSeatExpiry,
  type SeatDecision,
} from "@cordon/policy";
import type { Link } from "./link-server.ts";

type Ask = Extract<UpLine, { type: "seat-ask" }>;
type Back = Extract<UpLine, { type: "seat-back" }>;

export interface Seats {
  free(): number;
  asked(link: Link, ask: Ask): void;
  givenBack(link: Link, back: Back): void;
  gone(link: Link): void;
  close(): void;
}

export function createSeats(settings: SeatSettings, clock: Clock): Seats {
  const book = createSeatBook(settings);
  /** Holder -> its link: decisions about one ask may come out of another's. */
  const links = new Map<string, Link>();
  let timer: NodeJS.Timeout | undefined;

  const carryOut = (decisions: readonly SeatDecision[]): void => {
    for (const decision of decisions) {
      const { ask, holder } = decision.to;
      const link = links.get(holder);
      if (decision.kind === "seat") link?.send({ type: "seat", ask, leaseMs: decision.leaseMs, free: decision.free });
      else link?.send({ type: "no-seat", ask, retryAfterMs: decision.retryAfterMs });
    }
    clearTimeout(timer);
    const next = nextSeatExpiry(book);
    if (next === undefined) return;
    timer = setTimeout(() => carryOut(expireSeats(book, clock.now())), Math.ceil(Math.max(0, next - clock.now())));
  };

  return {
    free: () => Math.max(0, freeSeats(book)),
    asked(link, { ask, queue, remainingMs }) {
      const now = clock.now();
      const holder = link.hello.name;
      const before = links.get(holder);
      // On a new connection nothing of the old one holds, and what was given back on it may be lost with it.
      if (before !== undefined && before !== link) carryOut(disconnectHolder(book, holder, now));
      links.set(holder, link);
      carryOut(askSeat(book, { holder, ask }, queue, now + remainingMs, now));
    },
    givenBack: (link, { ask }) => carryOut(giveBackSeat(book, { holder: link.hello.name, ask }, clock.now())),
    gone(link) {
      // A late end of an old connection says nothing about the new one.
      if (links.get(link.hello.name) !== link) return;
      links.delete(link.hello.name);
      carryOut(disconnectHolder(book, link.hello.name, clock.now()));
    },
    close: () => clearTimeout(timer),
  };
}
