/**
 * What an operator ordered while a side ran. A partition that a person has cut off or failed over was not saved by the
 * protections, and one that a person has let back in was not broken by the fault alone: such a run shows what people and
 * protections did together. So an order takes a run out of the hypothesis, whatever its figures are, and the reason says
 * who did what and when.
 */
import type { Event, EventKind, Instant } from "@cordon/model";

const verbs: Partial<Record<EventKind, string>> = {
  "operator-isolated": "isolated",
  "operator-rejoined": "let back in",
  "operator-failed-over": "failed over",
};

/** Orders named one by one; the rest are counted. */
const mostNamed = 3;

/**
 * `an operator isolated p2 at 4.1 s`, each in order of time, on the clock that begins at `zero`. Null: nothing was injected
 * yet, and each was given `before the fault`.
 */
export function ordersIn(events: readonly Event[], zero: Instant | null): readonly string[] {
  const orders = events.flatMap(({ kind, at, partition = "" }) => {
    const verb = verbs[kind];
    const when = zero === null ? "before the fault" : `at ${((at - zero) / 1_000).toFixed(1)} s`;
    return verb === undefined ? [] : [`an operator ${verb} ${partition} ${when}`];
  });
  const more = orders.length - mostNamed;
  return more <= 0 ? orders : [...orders.slice(0, mostNamed), `and ${more} more order${more === 1 ? "" : "s"}`];
}
