/**
 * New connects get no answer at all, not even a refusal, as behind a firewall that drops or a host that is gone; open
 * connections go on. It is done at the proxy's door (deaf-door.ts), before there is a link, so a link that meets it passes.
 * Linux alone drops a SYN by itself when a listener's queue is full, without root; elsewhere the API refuses this toxic.
 * There is no connection yet whose coin could be tossed: it takes every one or, at toxicity 0, none.
 */
import { pass, type ToxicKind } from "./contract.ts";

export const synDrop: ToxicKind = { attributes: {}, bite: () => pass };
