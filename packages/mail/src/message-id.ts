/**
 * Names of messages: 26 characters of Crockford's base 32 that sort by time of acceptance. Ten say the wall clock's
 * millisecond, four count within it, twelve are chance, so that neither a clock set back nor a restart names two
 * messages alike. The spool, the ledger and the Maildirs all know a message by this one name.
 * Invariant: within one process each name sorts after all before it, whatever the wall clock does.
 */
import type { Clock, MessageId, WallTime } from "@cordon/model";

const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const perMillisecond = 32 ** 4;

/** A source of names; `random` is uniform in [0, 1). */
export function createMessageIds(clock: Clock, random: () => number): () => MessageId {
  let lastMs = 0;
  let count = 0;
  return () => {
    const wall = Math.floor(clock.wall());
    count = wall > lastMs ? 0 : count + 1;
    lastMs = Math.max(wall, lastMs);
    if (count === perMillisecond) {
      lastMs += 1;
      count = 0;
    }
    const chance = [random(), random()].map((part) => encode(Math.floor(part * 32 ** 6), 6)).join("");
    return encode(lastMs, 10) + encode(count, 4) + chance;
  };
}

/** When a message of this name was accepted. */
export const acceptedWallOf = (message: MessageId): WallTime =>
  message
    .slice(0, 10)
    .split("")
    .reduce((sum, digit) => sum * 32 + digits.indexOf(digit), 0);

function encode(value: number, length: number): string {
  let text = "";
  let rest = value;
  for (let place = 0; place < length; place++) {
    text = (digits[rest % 32] ?? "0") + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
