/**
 * One small hash for what must come out the same on every machine and in every version: which bucket a tenant lives
 * in, and how the coin of an intermittent fault falls. It is not cryptographic and guards nothing.
 * FNV-1a over UTF-8 with the 32-bit finaliser of MurmurHash3, which spreads the low bits FNV leaves correlated.
 */

/** A 32-bit unsigned hash of the parts, which are kept apart: ("ab","c") and ("a","bc") differ. */
export function hash32(...parts: readonly (string | number)[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (const byte of new TextEncoder().encode(String(part))) hash = Math.imul(hash ^ byte, 0x01000193);
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A reproducible number in [0, 1) for the parts. */
export const coin = (...parts: readonly (string | number)[]): number => hash32(...parts) / 0x1_0000_0000;
