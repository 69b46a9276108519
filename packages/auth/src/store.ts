/**
 * What the door remembers across a restart, in one LMDB environment: credentials that may vouch, and the newest line of
 * the revocation log for each address. Neither is the truth (the directory and control have that), so that a lost write
 * costs a fallback and never an answer: nothing here is waited for by a user.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { open } from "lmdb";
import type { Revocation, WallTime } from "@cordon/model";

/** A credential that succeeded here. `phc` is argon2id keyed with this host's key: of no use without it. */
export interface KeptCredential {
  readonly phc: string;
  readonly userId: string;
  readonly tenant: string;
  readonly credentialEpoch: number;
  readonly lastSuccessAt: WallTime;
}

export interface AuthStore {
  credential(address: string): KeptCredential | undefined;
  keep(address: string, credential: KeptCredential): void;
  forget(address: string): void;
  /** The newest line of the log for an address, as far as this host has heard. */
  revocation(address: string): Revocation | undefined;
  /** Takes lines in the order of the log. */
  revoke(lines: readonly Revocation[]): void;
  close(): Promise<void>;
}

/** Opens (or makes) the store in `dir`. `maxCredentials` bounds what is kept; the one unused for longest goes first. */
export function openAuthStore(dir: string, maxCredentials: number, mapSizeBytes: number): AuthStore {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const environment = open({ path: join(dir, "auth.lmdb"), mapSize: mapSizeBytes, maxDbs: 2 });
  const credentials = environment.openDB<KeptCredential, string>({ name: "credentials" });
  const revocations = environment.openDB<Revocation, string>({ name: "revocations" });
  // In the order of their last use, oldest first: a Map keeps the order of insertion.
  const recent = new Map<string, KeptCredential>(
    [...credentials.getRange()]
      .map(({ key, value }) => [key, value] as const)
      .toSorted(([, a], [, b]) => a.lastSuccessAt - b.lastSuccessAt),
  );
  const revoked = new Map<string, Revocation>([...revocations.getRange()].map(({ key, value }) => [key, value]));

  const forget = (address: string): void => {
    if (!recent.delete(address)) return;
    void credentials.remove(address).catch(ignore);
  };
  return {
    credential: (address) => recent.get(address),
    keep(address, credential) {
      recent.delete(address);
      recent.set(address, credential);
      void credentials.put(address, credential).catch(ignore);
      for (const oldest of recent.keys()) {
        if (recent.size <= maxCredentials) break;
        forget(oldest);
      }
    },
    forget,
    revocation: (address) => revoked.get(address),
    revoke(lines) {
      for (const line of lines) {
        const known = revoked.get(line.address);
        if (known !== undefined && known.revision >= line.revision) continue;
        revoked.set(line.address, line);
        void revocations.put(line.address, line).catch(ignore);
      }
    },
    close: () => environment.close(),
  };
}

/** A write that fails (a full disk, a closing store) costs what a restart would remember, and nothing now. */
function ignore(): void {}
