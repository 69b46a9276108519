/**
 * What a supervisor must not forget, in one file: which role instances serve, who writes in which term, on which ports
 * everything listens, and which orders were carried out. The supervisor alone writes it, whole, beside itself and renamed,
 * before it acts on what it says; so a supervisor killed at any moment finds either the old state or the new one. Others
 * (the lab) read it.
 * Which processes live is not in here: that is the journal's to say.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { Type, type Static } from "typebox";
import { Compile } from "typebox/compile";
import { InstanceIdSchema, PartitionIdSchema } from "@cordon/model";

const Ordinal = Type.Integer({ minimum: 0 });

/** An order of the operator's. */
const OrderSchema = Type.Object({ store: Type.String(), revision: Ordinal });
export type Order = Static<typeof OrderSchema>;

export const PartitionStateSchema = Type.Object({
  /** The role instances that serve, or shall. */
  instances: Type.Array(InstanceIdSchema),
  /** Those a failover is starting, to take over from them; nobody knows of them yet. */
  successors: Type.Array(InstanceIdSchema),
  /** Old ones that a failover has replaced and that are to be dead before anybody is told. */
  retiring: Type.Array(InstanceIdSchema),
  /** Role instances ever made: the next one's letter follows from it. */
  made: Ordinal,
  /** A writer has said that it writes: from then on an empty store is one that has lost its data. */
  begun: Type.Boolean(),
  /** The process that writes, and its term; null before the first. */
  writer: Type.Union([
    Type.Null(),
    Type.Object({
      instance: InstanceIdSchema,
      pid: Type.Integer({ minimum: 1 }),
      startTicks: Ordinal,
      term: Type.Integer({ minimum: 1 }),
      url: Type.String(),
    }),
  ]),
});
export type PartitionState = Static<typeof PartitionStateSchema>;

const PortsSchema = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  /** Name of the port -> URL, or host:port. */
  ports: Type.Record(Type.String(), Type.String()),
});

export const SupervisorStateSchema = Type.Object({
  /** `failed`: the lab never became ready and will not, since the process `failure` names does not live. */
  phase: Type.Union([Type.Literal("starting"), Type.Literal("ready"), Type.Literal("failed")]),
  failure: Type.Union([Type.String(), Type.Null()]),
  /**
   * Partition -> the operator's newest order to fail it over that was carried out, by its revision and by the store of
   * control's that the revision is of: a control that lost its store counts again from the beginning.
   */
  doneOrders: Type.Record(PartitionIdSchema, OrderSchema),
  /** The partition whose role instances were exchanged and not everybody knows yet; null when there is none. */
  exchanging: Type.Union([PartitionIdSchema, Type.Null()]),
  /** Base URL auth is to serve on: mail must know it before auth serves. */
  authUrl: Type.Union([Type.String(), Type.Null()]),
  /** Process name -> where it last served. */
  ports: Type.Record(Type.String(), PortsSchema),
  /** Role instance -> where its fault proxy listens, host:port. */
  proxies: Type.Record(Type.String(), Type.String()),
  /** Role instances of those that are no more, in the order in which they went. */
  retired: Type.Array(InstanceIdSchema),
  partitions: Type.Record(PartitionIdSchema, PartitionStateSchema),
});
export type SupervisorState = Static<typeof SupervisorStateSchema>;

const check = Compile(SupervisorStateSchema);

/** The state in `file`; undefined when there is none yet, or none that can be read. */
export function readState(file: string): SupervisorState | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return check.Check(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Throws when the disk refuses: what is not written down must not be done. */
export function writeState(file: string, state: SupervisorState): void {
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
