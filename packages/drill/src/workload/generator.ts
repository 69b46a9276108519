/**
 * The open-loop generator of a side: sign-ins and mails at the times of the schedule, each attempt a record of the history.
 * Its lateness in sending is the generator's own noise and is recorded too.
 */
import { populate, type LabUser } from "@cordon/lab";
import {
  composeMail,
  createSignInClient,
  planWorkload,
  sendMail,
  startPacer,
  type Attempted,
  type Planned,
} from "@cordon/load";
import type { Clock, HistoryRecord } from "@cordon/model";
import type { GeneratorConfig } from "./config.ts";

export interface Generator {
  /** Resolves when every attempt of the schedule has its record. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

const sender = "drill@sender.example";

export function startGenerator(
  config: GeneratorConfig,
  clock: Clock,
  record: (line: HistoryRecord) => void,
): Generator {
  const { authUrl, mx, patienceMs, startAt, maxInFlight, graceMs } = config;
  const { users } = populate(config.partitions, config.users);
  const client = createSignInClient(authUrl, patienceMs, maxInFlight);
  const pacer = startPacer(
    {
      schedule: planWorkload(config, users),
      startAt,
      maxInFlight,
      graceMs,
      act: (planned) =>
        planned.kind === "sign-in"
          ? client.signIn(planned.user.address, planned.user.password)
          : sendMail(
              mx,
              { from: sender, to: planned.to, message: composeMail(planned.headerId, sender, planned.to) },
              patienceMs,
            ),
      told: (attempted) => recordsOf(attempted).forEach(record),
    },
    clock,
  );
  return {
    done: pacer.done,
    async close() {
      pacer.stop();
      await client.close();
    },
  };
}

function recordsOf({ planned, ...seen }: Attempted<Planned<LabUser>>): readonly HistoryRecord[] {
  const { id, user } = planned;
  const { scheduledAt, sentAt, outcome } = seen;
  const noise: readonly HistoryRecord[] =
    sentAt === null
      ? []
      : [{ type: "noise", at: sentAt, source: "generator", delayMs: Math.max(0, sentAt - scheduledAt) }];
  const common = { id, user: user.address, partition: user.partition, ...seen };
  if (planned.kind === "sign-in") return [...noise, { type: "sign-in", ...common }];
  // No mail is degraded; the word is a sign-in's.
  if (outcome === "degraded") return noise;
  return [...noise, { type: "mail", ...common, outcome, headerId: planned.headerId, mailboxes: [user.address] }];
}
