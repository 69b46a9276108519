/**
 * The names things carry on the wire and in the record. They are plain strings with one spelling each; what makes
 * them valid is checked once, where they enter.
 */
import { Type } from "typebox";

/** A mail domain; the tenant whose users live in one partition. Lower case, A-labels. */
export type TenantId = string;
/** A share of the directory: `p1`, `p2`, .. */
export type PartitionId = string;
/** One process that serves a partition: `p3a`, `p3b`, and after a failover `p3c`, .. */
export type InstanceId = string;
/** The name of a process in a lab: `control`, `auth`, `mail`, `fault`, `supervisor`, an instance id, .. */
export type ProcessName = string;
/** A message in the spool, given at acceptance; 26 characters that sort by time of acceptance. */
export type MessageId = string;

export const PartitionIdSchema = Type.String({ pattern: "^p[1-9][0-9]{0,2}$" });
export const InstanceIdSchema = Type.String({ pattern: "^p[1-9][0-9]{0,2}[a-z]{1,4}$" });

/** `p3` for `p3a`, which is how a role instance, its fault proxy and its process are called. */
export const partitionOfInstance = (instance: InstanceId): PartitionId => instance.replace(/[a-z]+$/, "");

/** What a partition is asked to do. Evidence and judgements are kept apart for each: one may hang while another answers. */
export type Operation = "verify" | "lookup" | "write";
export const operations: readonly Operation[] = ["verify", "lookup", "write"];

export const OperationSchema = Type.Union([Type.Literal("verify"), Type.Literal("lookup"), Type.Literal("write")]);

/** The judgement of a role instance or a partition, from callers' own evidence. */
export type Colour = "green" | "yellow" | "red";
export const ColourSchema = Type.Union([Type.Literal("green"), Type.Literal("yellow"), Type.Literal("red")]);
