/** The kinds of toxic there are, by the name they have on the wire. A kind that is not in this table does not exist. */
import type { ToxicType } from "@cordon/model";
import { bandwidth } from "./bandwidth.ts";
import type { ToxicKind } from "./contract.ts";
import { firstN } from "./first-n.ts";
import { intermittent } from "./intermittent.ts";
import { latency } from "./latency.ts";
import { limitData } from "./limit-data.ts";
import { noop } from "./noop.ts";
import { packetLoss } from "./packet-loss.ts";
import { resetPeer } from "./reset-peer.ts";
import { silent } from "./silent.ts";
import { slicer } from "./slicer.ts";
import { slowClose } from "./slow-close.ts";
import { synDrop } from "./syn-drop.ts";
import { timeout } from "./timeout.ts";

const toxicKinds: Readonly<Record<ToxicType, ToxicKind>> = {
  latency,
  bandwidth,
  slow_close: slowClose,
  timeout,
  reset_peer: resetPeer,
  slicer,
  limit_data: limitData,
  noop,
  silent,
  intermittent,
  first_n: firstN,
  packet_loss: packetLoss,
  syn_drop: synDrop,
};

export const kindOf = (type: ToxicType): ToxicKind => toxicKinds[type];
