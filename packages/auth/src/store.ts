/**
 * What the door remembers across a restart, in one LMDB environment: credentials that may vouch, and what the revocation
 * log says of each address. Neither is the truth (the directory and control have that), so that a lost write costs a
 * fallback and never an answer: nothing here is waited for by a user, and a full disk is heard of and no more.
 * Invariants: at most `maxCredentials` are kept, the one unused for longest goes first; of an address the newest line and
 * the lock that still stands are known, however many lines came after it. Addresses with a line are as many as control's
 * own bound on its log allows. A control that has lost its log may have lost the line of a new password: when a log comes
 * that is not the one these credentials were kept under, they vouch for nobody any more, while every lock stands.
 */
import { join } from "node:path";
import type { Revocation, RevocationFeed, WallTime } from "@cordon/model";
import { openLmdb, transact } from "@cordon/runtime";

/** A credential that succeeded here. `phc` is argon2id keyed with this host's key: of no use without it. */
export interface KeptCredential {
  readonly phc: string;
  readonly userId: string;
  readonly tenant: string;
  readonly credentialEpoch: number;
  readonly lastSuccessAt: WallTime;
}

/** What the log says of one address. */
export interface Revoked {
  /** Revision and credential epoch of the newest line. */
  readonly revision: number;
  readonly credentialEpoch: number;
  /** Epoch of the disable or delete that no later line has lifted; 0 when there is none. */
  readonly lockEpoch: number;
}

export interface AuthStore {
  credential(address: string): KeptCredential | undefined;
  keep(address: string, credential: KeptCredential): void;
  forget(address: string): void;
  /** What the log says of an address, as far as this host has heard. */
  revoked(address: string): Revoked | undefined;
  /** Takes lines in the order of their log; those it knows are passed over. */
  revoke(feed: Pick<RevocationFeed, "store" | "entries">): void;
  /** Waits for what was still to be written. */
  close(): Promise<void>;
}

export interface AuthStoreOptions {
  readonly dir: string;
  /** 0: nothing is kept, and what was kept before is dropped. */
  readonly maxCredentials: number;
  readonly mapSizeBytes: number;
  /** A write failed (a full disk): it costs what a restart would remember, and nothing now. */
  readonly onLost: (error: unknown) => void;
}

interface Recent {
  readonly credential: KeptCredential;
  /** The date of its last success as the disk has it. */
  readonly writtenDate: WallTime;
}

const logKey = "store";

/** A later date of a kept credential is written when the one on the disk is this much older: a restart may lose so much. */
const dateLagMs = 60_000;

/** Opens the store in its folder, or makes it. Throws when LMDB cannot. */
export function openAuthStore({ dir, maxCredentials, mapSizeBytes, onLost }: AuthStoreOptions): AuthStore {
  const environment = openLmdb({ path: join(dir, "auth.lmdb"), mapSize: mapSizeBytes, maxDbs: 3 });
  const credentials = environment.openDB<KeptCredential, string>({ name: "credentials" });
  const revocations = environment.openDB<Revoked, string>({ name: "revocations" });
  const logs = environment.openDB<string, string>({ name: "log" });
  let log = logs.get(logKey);
  // In the order of their last use, oldest first: a Map keeps the order of insertion.
  const recent = new Map<string, Recent>(
    [...credentials.getRange()]
      .map(({ key, value }) => [key, { credential: value, writtenDate: value.lastSuccessAt }] as const)
      .toSorted(([, a], [, b]) => a.writtenDate - b.writtenDate),
  );
  const revoked = new Map<string, Revoked>([...revocations.getRange()].map(({ key, value }) => [key, value] as const));

  /** Writes in a transaction of its own; they come to the disk in the order in which they were asked for. */
  const write = (action: () => void): void => {
    void transact(environment, action).then((result) => {
      if (result.kind === "failed") onLost(result.error);
    });
  };
  const forget = (address: string): void => {
    if (recent.delete(address)) write(() => void credentials.remove(address));
  };
  const dropOldest = (): void => {
    for (const oldest of recent.keys()) {
      if (recent.size <= maxCredentials) return;
      forget(oldest);
    }
  };
  dropOldest();
  /** Under another log revisions begin again, so that every line of it is news. */
  const startOver = (): void => {
    for (const address of recent.keys()) forget(address);
    for (const [address, known] of revoked) {
      const next = { ...known, revision: 0 };
      revoked.set(address, next);
      write(() => void revocations.put(address, next));
    }
  };

  return {
    credential: (address) => recent.get(address)?.credential,
    keep(address, credential) {
      const before = recent.get(address);
      const isNews = before === undefined || isWorthWriting(credential, before);
      recent.delete(address);
      recent.set(address, { credential, writtenDate: isNews ? credential.lastSuccessAt : before.writtenDate });
      if (isNews) write(() => void credentials.put(address, credential));
      dropOldest();
    },
    forget,
    revoked: (address) => revoked.get(address),
    revoke({ store, entries }) {
      if (store !== undefined && store !== log) {
        if (log !== undefined) startOver();
        log = store;
        write(() => void logs.put(logKey, store));
      }
      for (const line of entries) {
        const known = revoked.get(line.address);
        if (known !== undefined && known.revision >= line.revision) continue;
        const next = afterLine(known, line);
        revoked.set(line.address, next);
        write(() => void revocations.put(line.address, next));
      }
    },
    close: () => environment.close(),
  };
}

/** What is known of an address after one more line. A new password lifts no lock: only an enable does. */
function afterLine(known: Revoked | undefined, { revision, credentialEpoch, reason }: Revocation): Revoked {
  switch (reason) {
    case "disabled":
    case "deleted":
      return { revision, credentialEpoch, lockEpoch: credentialEpoch };
    case "enabled":
      return { revision, credentialEpoch, lockEpoch: 0 };
    case "password-changed":
      return { revision, credentialEpoch, lockEpoch: known?.lockEpoch ?? 0 };
  }
}

/** The same hash with a slightly later date is not: a sign-in need not cost a write. */
const isWorthWriting = (credential: KeptCredential, { credential: before, writtenDate }: Recent): boolean =>
  before.phc !== credential.phc ||
  before.credentialEpoch !== credential.credentialEpoch ||
  Math.abs(credential.lastSuccessAt - writtenDate) >= dateLagMs;
