/**
 * The protections: what Cordon can switch off, each by one id. A drill takes them away together (the baseline side)
 * or one by one (the ablation). Durability, the ledger and the truth of 4xx and 5xx are not in this list and never go off.
 */

export const protectionIds = [
  "deadline",
  "bulkhead",
  "breaker",
  "retry-budget",
  "hedge",
  "ejection",
  "isolation",
  "failover",
  "fence",
  "fallback",
  "admission",
  "lanes",
  "ramp",
] as const;

export type ProtectionId = (typeof protectionIds)[number];

export const isProtectionId = (text: string): text is ProtectionId =>
  (protectionIds as readonly string[]).includes(text);
