/**
 * What people type for an address, brought into the one form that everything behind the edge compares. A domain with
 * other letters than ASCII has two spellings, its own and its A-labels (RFC 5890); were both let in, one tenant would be
 * two, in two partitions, and a lock on the one would leave the other open. Every process reads addresses from outside
 * with these two functions, and with no others.
 * The conversion is that of URLs (UTS 46), and it reads a host the way URLs do: it would cut `one.test/x` to `one.test`
 * and decode `%6f`. So nothing in ASCII but letters, digits, dots and hyphens comes to it.
 * Invariants: what is read once reads the same again; never throws.
 */
import { domainToASCII } from "node:url";
import { parseAddress, parseDomain, type Address, type TenantId } from "@cordon/model";

const plain = /^[a-z0-9.-]*$/i;
const unconvertible = /[^a-zA-Z0-9.\-\u{80}-\u{10ffff}]/u;

/** The domain in `text` as lower-case A-labels; undefined when it is none. */
export function readDomain(text: string): TenantId | undefined {
  if (plain.test(text)) return parseDomain(text);
  return unconvertible.test(text) ? undefined : parseDomain(domainToASCII(text));
}

/** The address in `text`; undefined when it is none that a mailbox of ours could have. */
export function readAddress(text: string): Address | undefined {
  const at = text.lastIndexOf("@");
  const domain = readDomain(text.slice(at + 1));
  return at < 1 || domain === undefined ? undefined : parseAddress(`${text.slice(0, at)}@${domain}`);
}
