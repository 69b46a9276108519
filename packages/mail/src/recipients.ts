/**
 * Where a unit's address leads: to a mailbox, to further addresses, or nowhere. The look-up goes through the guard, and
 * behind the spool, so that a partition which does not answer costs its own mail a delay and nobody else anything
 * (June 2014). One look-up a unit: what an alias or a group names become units of their own, in their own lanes.
 * Invariants: only a definite answer is ever permanent; an expansion is at most `depth` long and never meets an address
 * twice on its way; a member that cannot be delivered to becomes a unit all the same, so that its sender hears of it.
 */
import type { LookupAnswer } from "@cordon/model";
import type { PartitionClient } from "@cordon/partition-client";
import { readAddress } from "@cordon/runtime";
import type { ExpansionBounds } from "./config.ts";
import type { Destination, Unit } from "./spool.ts";

export type Resolution =
  | { readonly kind: "mailbox"; readonly mailbox: string }
  | { readonly kind: "expanded"; readonly children: readonly Destination[] }
  /** Final. `enhanced` and `text` go into the bounce. */
  | { readonly kind: "refused"; readonly enhanced: string; readonly text: string }
  | { readonly kind: "unavailable"; readonly detail: string };

/** Looks a unit's address up, with the guard's own deadline, and says what follows. */
export async function resolve(client: PartitionClient, unit: Unit, bounds: ExpansionBounds): Promise<Resolution> {
  const address = readAddress(unit.address);
  if (address === undefined) return { kind: "refused", enhanced: "5.1.3", text: "This is no address" };
  if (client.locate(address.domain)?.hosted === false)
    return { kind: "refused", enhanced: "5.1.2", text: "The domain is not hosted here" };
  const answer = await client.lookup(address, {});
  switch (answer.kind) {
    case "answered":
      return follow(unit, answer.value, bounds, (domain) => client.locate(domain));
    case "unavailable":
      return { kind: "unavailable", detail: `the look-up is unavailable: ${answer.reason}` };
    case "busy":
      return { kind: "unavailable", detail: "the partition is busy" };
  }
}

/** What a definite answer means for the unit. `locate` finds the partition of a domain and whether it is hosted. */
export function follow(
  unit: Unit,
  answer: LookupAnswer,
  bounds: ExpansionBounds,
  locate: PartitionClient["locate"],
): Resolution {
  switch (answer.kind) {
    case "mailbox":
      return { kind: "mailbox", mailbox: answer.mailbox };
    case "unknown":
      return { kind: "refused", enhanced: "5.1.1", text: "No such recipient here" };
    case "disabled":
      return { kind: "refused", enhanced: "5.2.1", text: "This mailbox is disabled" };
    case "alias":
      return expand(unit, [answer.target], bounds, locate);
    case "group":
      return expand(unit, answer.members, bounds, locate);
  }
}

function expand(
  unit: Unit,
  members: readonly string[],
  bounds: ExpansionBounds,
  locate: PartitionClient["locate"],
): Resolution {
  if (members.length > bounds.members)
    return { kind: "refused", enhanced: "5.5.3", text: "The group has too many members" };
  if (unit.path.length >= bounds.depth)
    return { kind: "refused", enhanced: "5.4.6", text: "Aliases lead too far from one to the next" };
  const onTheWay = new Set([...unit.path, unit.address]);
  const children = new Map<string, Destination>();
  for (const member of members) {
    const address = readAddress(member);
    const partition = address === undefined ? unit.partition : locate(address.domain)?.partition;
    if (partition === undefined) return { kind: "unavailable", detail: "there is no partition map" };
    const name = address?.canonical ?? member;
    if (!onTheWay.has(name)) children.set(name, { address: name, partition });
  }
  return children.size === 0
    ? { kind: "refused", enhanced: "5.4.6", text: "The address leads back to itself" }
    : { kind: "expanded", children: [...children.values()] };
}
