/**
 * What packet loss looks like behind TCP. A proxy between two TCP connections cannot lose a packet: the kernel would send
 * it again. So no byte is lost here. What loss costs is shown instead: each segment of 1,460 bytes is lost with the
 * probability `loss`, and a lost one comes a retransmission time-out late, `rto` milliseconds, doubled for each further
 * loss of the same segment; everything behind it waits, as it does in TCP.
 * It is harsher than a real network on long transfers, where a fast retransmit often needs no time-out, and it does not
 * shrink a congestion window. For real loss use `tc netem`, which needs root.
 */
import { attribute, hourMs, pass, type Part, type ToxicKind } from "./contract.ts";

/** What an Ethernet frame leaves to TCP. */
const segmentBytes = 1460;
/** Linux waits at least this long. */
const shortestRtoMs = 200;
/** Losses in a row of one segment, at most: a link whose every segment is lost is slow, and `silent` is for dead ones. */
const mostLosses = 6;

export const packetLoss: ToxicKind = {
  attributes: {
    loss: { absent: undefined, minimum: 0, maximum: 1, meaning: "share of the segments that are lost" },
    rto: { absent: shortestRtoMs, minimum: 1, maximum: hourMs, meaning: "retransmission time-out in milliseconds" },
  },
  bite(occasion, toxic, toss) {
    if (occasion.at !== "chunk" || occasion.stream !== toxic.stream) return pass;
    const [loss, rtoMs] = [attribute(toxic, "loss"), attribute(toxic, "rto")];
    const parts: Part[] = [];
    const endsAt = occasion.offset + occasion.bytes;
    for (let place = occasion.offset; place < endsAt;) {
      const segment = Math.floor(place / segmentBytes);
      const bytes = Math.min(endsAt, (segment + 1) * segmentBytes) - place;
      let losses = 0;
      while (losses < mostLosses && toss(occasion.stream, segment, losses) < loss) losses += 1;
      parts.push({ bytes, delayMs: rtoMs * (2 ** losses - 1), busyMs: 0 });
      place += bytes;
    }
    return parts.some(({ delayMs }) => delayMs > 0) ? { do: "carry", parts, closes: false } : pass;
  },
};
