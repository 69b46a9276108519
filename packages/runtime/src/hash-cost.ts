/**
 * What one password hash of Cordon costs: OWASP's minimum for argon2id. The thread that hashes uses it, and whoever must
 * make an unknown address cost as much as a known one compares with it, or hashes against a hash that is nobody's.
 */
export const hashCost = { memoryKiB: 19_456, passes: 2, lanes: 1 } as const;
/** The cost as a PHC string says it. */
export const phcCost = `m=${hashCost.memoryKiB},t=${hashCost.passes},p=${hashCost.lanes}`;

const saltBytes = 16;
const hashBytes = 32;

/** A hash that no password is known to have, of the same cost as a real one. `randomBytes` gives that many bytes. */
export function dummyPhc(randomBytes: (count: number) => Buffer): string {
  const text = (count: number): string => randomBytes(count).toString("base64").replaceAll("=", "");
  return `$argon2id$v=19$${phcCost}$${text(saltBytes)}$${text(hashBytes)}`;
}
