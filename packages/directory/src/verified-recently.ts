/**
 * The verified-recently cache: a password that matched a moment ago need not be hashed again, which is what the June 2014
 * reconnect storm asks for. It holds no password: the key is an HMAC, under a key made when the process starts and never
 * stored, of address, password and credential epoch. The epoch comes from the record just read, so a changed password or a
 * re-enabled user misses; whoever is disabled is refused before the cache is asked.
 * Invariants: memory only; never more than `maxEntries`, the oldest goes first; nothing is believed for longer than `ttlMs`.
 */
import { createHmac } from "node:crypto";
import { Type, type Static } from "typebox";
import type { Clock } from "@cordon/model";

export const VerifiedRecentlySchema = Type.Union([
  Type.Literal("off"),
  Type.Object({ maxEntries: Type.Integer({ minimum: 1 }), ttlMs: Type.Number({ exclusiveMinimum: 0 }) }),
]);
export type VerifiedRecentlySettings = Static<typeof VerifiedRecentlySchema>;

export interface Credential {
  readonly address: string;
  readonly password: string;
  readonly credentialEpoch: number;
}

export interface VerifiedRecently {
  has(credential: Credential): boolean;
  /** Remembers a credential that matched just now. */
  add(credential: Credential): void;
}

export function createVerifiedRecently(
  settings: VerifiedRecentlySettings,
  key: Buffer,
  clock: Clock,
): VerifiedRecently {
  if (settings === "off") return { has: () => false, add: () => {} };
  // In order of insertion, so the first one is the oldest.
  const until = new Map<string, number>();
  const nameOf = ({ address, password, credentialEpoch }: Credential): string =>
    createHmac("sha256", key)
      .update(JSON.stringify([address, password, credentialEpoch]))
      .digest("base64");
  return {
    has(credential) {
      const name = nameOf(credential);
      const limit = until.get(name);
      if (limit === undefined) return false;
      if (clock.now() < limit) return true;
      until.delete(name);
      return false;
    },
    add(credential) {
      const name = nameOf(credential);
      until.delete(name);
      if (until.size >= settings.maxEntries) {
        const oldest = until.keys().next();
        if (!oldest.done) until.delete(oldest.value);
      }
      until.set(name, clock.now() + settings.ttlMs);
    },
  };
}
