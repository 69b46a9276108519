/**
 * What one password hash of Cordon costs: OWASP's minimum for argon2id. The thread that hashes uses it, and whoever must
 * make an unknown address cost as much as a known one compares with it.
 */
export const hashCost = { memoryKiB: 19_456, passes: 2, lanes: 1 } as const;
