/**
 * What the mail service is told before it starts: its three ports, the services it speaks with, its store, and every
 * bound it keeps. Nothing here has a default, so that a limit nobody chose cannot be the outage: the queue that took all
 * of June 2014's mail down had a size that nobody had set.
 * Invariant: a configuration that passes the schema names every queue, buffer, time and count the service is bounded by.
 */
import { Type, type Static } from "typebox";
import {
  AdmissionSettingsSchema,
  DeferralSettingsSchema,
  GuardSettingsSchema,
  LanesSettingsSchema,
} from "@cordon/model";
import { ControlConfigSchema } from "@cordon/control-client";
import { ListenSchema, ProcessConfigSchema } from "@cordon/runtime";

const Ms = Type.Number({ exclusiveMinimum: 0 });
const Count = Type.Integer({ minimum: 1 });

/** What SMTP's door bounds. */
export const SmtpBoundsSchema = Type.Object({
  /** Open sessions, for each of the two ports. */
  sessions: Count,
  /** Recipients of one message; the one after gets 452 4.5.3. */
  recipients: Count,
  /** Largest message, bytes after dot-unstuffing; said as SIZE. */
  messageBytes: Count,
  /** Bytes of messages being received at once, over all sessions; past it 452 4.3.1. */
  receivingBytes: Count,
  /** A client that sends nothing for this long is let go. */
  idleMs: Ms,
  /** From 354 to the final dot. */
  dataMs: Ms,
  /** Time one transaction may spend in look-ups at the door that end without an answer; then the door asks no more. */
  patienceMs: Ms,
});
export type SmtpBounds = Static<typeof SmtpBoundsSchema>;

/** How far an alias or a group may lead. */
export const ExpansionBoundsSchema = Type.Object({
  /** Expansions one after another, from the recipient the sender gave to a mailbox. */
  depth: Type.Integer({ minimum: 1, maximum: 10 }),
  /** Members that one answer of the directory may name. */
  members: Count,
  /** Units one message may become, all its recipients and their expansions together. */
  units: Count,
});
export type ExpansionBounds = Static<typeof ExpansionBoundsSchema>;

export const SpoolBoundsSchema = Type.Object({
  /** Initial size of the memory map, bytes; LMDB enlarges it when it must. */
  mapBytes: Count,
  /** Bytes of message bodies in the spool, at most; past it 452 4.3.1. */
  bodyBytes: Count,
  /** Ledger entries kept; past it the settled ones that changed longest ago go first. */
  ledgerEntries: Count,
});
export type SpoolBounds = Static<typeof SpoolBoundsSchema>;

export const MailConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  /** Mail from anywhere for the hosted domains: no AUTH. */
  mx: ListenSchema,
  /** Mail from users: nothing before AUTH. */
  submission: ListenSchema,
  /** The operator's HTTP port: the ledger, the lanes, health. */
  api: ListenSchema,
  /** The name in the greeting, in Received headers and in bounces. */
  hostname: Type.String({ minLength: 1, maxLength: 253 }),
  /** Where mail to the domainless `<postmaster>` goes, and whom a bounce is signed by. */
  postmaster: Type.String({ minLength: 3, maxLength: 400 }),
  control: ControlConfigSchema,
  /** The auth front end that AUTH asks. */
  auth: Type.Object({ url: Type.String({ format: "uri" }), timeoutMs: Ms, connections: Count }),
  /** STARTTLS with this key pair (PEM files); null, as in a lab: no STARTTLS, and AUTH in the clear. */
  tls: Type.Union([Type.Object({ keyFile: Type.String(), certificateFile: Type.String() }), Type.Null()]),
  smtp: SmtpBoundsSchema,
  admission: Type.Union([AdmissionSettingsSchema, Type.Literal("off")]),
  guard: GuardSettingsSchema,
  lanes: LanesSettingsSchema,
  deferral: DeferralSettingsSchema,
  expansion: ExpansionBoundsSchema,
  spool: SpoolBoundsSchema,
  /** The folder of the spool and the ledger. */
  dataDir: Type.String({ minLength: 1 }),
  /** The folder of the Maildirs: one folder a mailbox, named by its address. */
  maildirs: Type.String({ minLength: 1 }),
});
export type MailConfig = Static<typeof MailConfigSchema>;
