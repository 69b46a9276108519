/** The kinds of toxic there are, by the name they have on the wire. A kind that is not in this table does not exist. */
import type { ToxicType } from "@cordon/model";
import type { ToxicKind } from "./contract.ts";
import { intermittent } from "./intermittent.ts";
import { latency } from "./latency.ts";
import { resetPeer } from "./reset-peer.ts";
import { silent } from "./silent.ts";

const toxicKinds: Readonly<Record<ToxicType, ToxicKind>> = {
  silent,
  intermittent,
  latency,
  reset_peer: resetPeer,
};

/** The kind of that name. Names are checked where they enter, so one that is unknown here is a bug. */
export function kindOf(type: string): ToxicKind {
  const kind = new Map(Object.entries(toxicKinds)).get(type);
  if (kind === undefined) throw new Error(`no toxic is called ${type}`);
  return kind;
}
