/**
 * Password hashes as text (PHC strings). A partition takes only hashes of the one cost it hashes with itself: a cheaper
 * one would answer sooner than the made-up hash that stands for unknown addresses, and so tell which addresses exist;
 * a dearer one (a gigabyte, say) would be a way to stop the whole host with one line of an import.
 */
import { phcCost } from "@cordon/runtime";

// Salts of 8 to 48 bytes and hashes of 16 to 64, base64 without padding.
const ours = new RegExp(`^\\$argon2id\\$v=19\\$${phcCost}\\$[A-Za-z0-9+/]{11,64}\\$[A-Za-z0-9+/]{22,86}$`);

/** What is wrong with a PHC string, or undefined when this partition can take it. */
export const flawOfPhc = (phc: string): string | undefined =>
  ours.test(phc) ? undefined : `phc: must be an argon2id hash of cost v=19,${phcCost}`;
