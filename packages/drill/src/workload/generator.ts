/**
 * The open-loop generator: it sends what the schedule says when the schedule says it, whatever has become of the
 * attempts before. Each attempt leaves one record; its lateness in sending is the generator's own noise and is reported.
 * An attempt that cannot be sent at once (too many under way) is `unsent`, not forgotten.
 */
import { populate } from "@cordon/lab";
import type { Clock, HistoryRecord } from "@cordon/model";
import type { GeneratorConfig } from "./config.ts";
import { composeMail, sendMail } from "./mail.ts";
import { planWorkload, type Planned } from "./schedule.ts";
import { createSignInClient } from "./sign-in.ts";

export interface Generator {
  /** Resolves when every attempt of the schedule has its record. */
  readonly done: Promise<void>;
  close(): Promise<void>;
}

const sender = "drill@sender.example";
/** Sends that fall due within this are sent in one go: timers are no finer. */
const granularityMs = 1;

export function startGenerator(
  config: GeneratorConfig,
  clock: Clock,
  record: (line: HistoryRecord) => void,
): Generator {
  const population = populate(config.partitions, config.users);
  const schedule = planWorkload(config, population);
  const client = createSignInClient(config.authUrl, config.patienceMs, config.maxInFlight);
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  const open = new Set<() => void>();
  let next = 0;
  let timer: NodeJS.Timeout | undefined;

  async function attempt(planned: Planned): Promise<void> {
    const scheduledAt = config.startAt + planned.offsetMs;
    const common = { id: planned.id, user: planned.user.address, partition: planned.partition, scheduledAt };
    const mail =
      planned.kind === "mail" ? { headerId: planned.headerId, mailboxes: [planned.user.address] } : undefined;
    const write = (seen: { sentAt: number | null; endedAt: number | null; code: string; outcome: Seen }): void => {
      if (mail === undefined) return record({ type: "sign-in", ...common, ...seen });
      if (seen.outcome !== "degraded") record({ type: "mail", ...common, ...mail, ...seen, outcome: seen.outcome });
    };
    if (open.size >= config.maxInFlight)
      return write({ sentAt: null, endedAt: null, outcome: "unsent", code: "too-many-in-flight" });
    const sentAt = clock.now();
    record({ type: "noise", at: sentAt, source: "generator", delayMs: Math.max(0, sentAt - scheduledAt) });
    let written = false;
    const giveUp = (): void => {
      written = true;
      write({ sentAt, endedAt: null, outcome: "unknown", code: "run-ended" });
    };
    open.add(giveUp);
    const seen =
      planned.kind === "sign-in"
        ? await client.signIn(planned.user.address, planned.user.password)
        : await sendMail(
            config.mx,
            { from: sender, to: planned.to, message: composeMail(planned.headerId, sender, planned.to) },
            config.patienceMs,
          );
    open.delete(giveUp);
    if (!written) write({ sentAt, endedAt: seen.code === "timeout" ? null : clock.now(), ...seen });
  }

  const settled = (): void => {
    if (next === schedule.length && open.size === 0) finish();
  };
  /** The drill is over for whoever has no answer by now. */
  const endAll = (): void => {
    for (const giveUp of open) giveUp();
    open.clear();
    finish();
  };
  const tick = (): void => {
    const now = clock.now();
    for (;;) {
      const planned = schedule[next];
      if (planned === undefined) {
        timer = setTimeout(endAll, config.graceMs);
        return settled();
      }
      const wait = config.startAt + planned.offsetMs - now;
      if (wait > granularityMs) {
        timer = setTimeout(tick, wait);
        return;
      }
      next += 1;
      void attempt(planned).then(settled);
    }
  };
  tick();

  return {
    done,
    async close() {
      clearTimeout(timer);
      await client.close();
    },
  };
}

type Seen = "ok" | "degraded" | "refused" | "unknown" | "unsent";
