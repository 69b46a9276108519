/**
 * Mail addresses as Cordon compares them. The domain is the tenant; it is lowered, and the local part is lowered and
 * NFC-normalised, because two spellings of one mailbox must never be two users. A domain here is in A-labels (RFC 5890),
 * for the same reason; what people type is read by runtime/address.ts, which converts it first. Quoted local parts are
 * refused: no mailbox of ours has one. Limits are those of RFC 5321 section 4.5.3.1 (64 octets local, 255 domain), in
 * UTF-8 octets.
 */
import type { TenantId } from "./ids.ts";

/** A parsed address. `canonical` is the key under which the directory stores it. */
export interface Address {
  readonly local: string;
  readonly domain: TenantId;
  readonly canonical: string;
}

const octets = (text: string): number => new TextEncoder().encode(text).length;
// RFC 5322 atext, plus every non-ASCII code point that is neither a control, a space nor a format character (RFC 6531).
const localPattern =
  /^(?:[\w!#$%&'*+/=?^`{|}~-]|[^\x00-\x7f\p{C}\p{Z}])+(?:\.(?:[\w!#$%&'*+/=?^`{|}~-]|[^\x00-\x7f\p{C}\p{Z}])+)*$/u;
const domainPattern = /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-zA-Z0-9-]{1,63}(?<!-))*$/;

/** The canonical form of a domain in A-labels, or undefined when it is none. */
export const parseDomain = (text: string): TenantId | undefined =>
  text.length <= 255 && domainPattern.test(text) ? text.toLowerCase() : undefined;

/** The address in `text`, its domain in A-labels; undefined when it is not one that a mailbox of ours could have. Never throws. */
export function parseAddress(text: string): Address | undefined {
  const at = text.lastIndexOf("@");
  if (at < 1 || text.length > 400) return undefined;
  // Normalised again: the lower case of a composed capital may be two code points that have a composed form of their own.
  const local = text.slice(0, at).normalize("NFC").toLowerCase().normalize("NFC");
  const domain = parseDomain(text.slice(at + 1));
  if (domain === undefined || octets(local) > 64 || !localPattern.test(local)) return undefined;
  return { local, domain, canonical: `${local}@${domain}` };
}
