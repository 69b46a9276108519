/**
 * What the client says to its callers. Every expected refusal is a value: `unavailable` and `busy` are temporary and say
 * when to come back, and neither ever says anything about the user or the recipient that was asked for.
 */
import type {
  Address,
  Deadline,
  InstanceId,
  Instant,
  LookupAnswer,
  Operation,
  PartitionId,
  TenantId,
  VerifyAnswer,
  VerifyRequest,
} from "@cordon/model";

export interface CallOptions {
  /** Made at the door. Absent: the guard's own. It never lengthens the guard's own. */
  readonly deadline?: Deadline;
  /** The caller has gone: whatever was begun for it is given up. */
  readonly signal?: AbortSignal;
  /** A revision of the partition that the answer must include. */
  readonly atLeast?: number;
}

/**
 * Why there is no answer. `no-map`: no partition map was ever seen; `isolated`: the partition is cut off, by evidence or
 * by the operator; `deadline`: the time was up, or the caller left; `bulkhead`: no seat; `failed`: every try failed.
 */
export type UnavailableReason = "no-map" | "isolated" | "deadline" | "bulkhead" | "failed";

export type Answer<T> =
  | {
      readonly kind: "answered";
      readonly value: T;
      readonly partition: PartitionId;
      /** The role instance that answered. */
      readonly instance: InstanceId;
    }
  | {
      readonly kind: "unavailable";
      readonly partition: PartitionId | undefined;
      readonly reason: UnavailableReason;
      readonly retryAfterMs: number;
    }
  /** The partition lives and pushes back. */
  | { readonly kind: "busy"; readonly partition: PartitionId; readonly retryAfterMs: number };

/** Whether calls of an operation are being sent to a partition. Those that probe an isolated one are few and leased. */
export type Standing =
  | { readonly state: "joined" }
  | { readonly state: "isolated"; readonly by: "evidence" | "operator"; readonly since: Instant };

export interface PartitionClient {
  /** Asks the owning partition whether the password is right. */
  verify(request: VerifyRequest, call: CallOptions): Promise<Answer<VerifyAnswer>>;
  /** Asks the owning partition what the address stands for. */
  lookup(address: Address, call: CallOptions): Promise<Answer<LookupAnswer>>;
  /** The partition a domain lives in, and whether the domain is hosted here at all; undefined before the first map. */
  locate(domain: TenantId): { readonly partition: PartitionId; readonly hosted: boolean } | undefined;
  partitions(): readonly PartitionId[];
  /** Whether calls of this operation are being sent to the partition now. */
  standing(partition: PartitionId, operation: Operation): Standing;
  /** Called on each change of a standing. */
  onStanding(listener: (partition: PartitionId, operation: Operation, standing: Standing) => void): void;
  /** Resolves once a map is there. */
  ready(): Promise<void>;
  /** Ends what is in flight and closes every connection; nothing of the client runs on when it resolves. */
  close(): Promise<void>;
}
