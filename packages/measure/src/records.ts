/**
 * A history taken apart by type, each list in the order of its stamps. Order in the history means nothing; everything
 * behind this file sees one order, whatever the order of writing was, so that shuffling a history changes no figure.
 */
import type {
  Event,
  ExchangesRecord,
  FateRecord,
  FaultRecord,
  History,
  HostRecord,
  MaildirRecord,
  MailRecord,
  NoiseRecord,
  Phase,
  SignInRecord,
} from "@cordon/model";

/** The phases of a side; one without length begins together with the next. */
export const phaseOrder: readonly Phase[] = ["warm", "steady", "fault", "recovery", "end"];

export interface Records {
  readonly phases: readonly { at: number; phase: Phase }[];
  readonly signIns: readonly SignInRecord[];
  readonly mails: readonly MailRecord[];
  readonly copies: readonly MaildirRecord[];
  readonly fates: readonly FateRecord[];
  readonly faults: readonly FaultRecord[];
  readonly exchanges: readonly ExchangesRecord[];
  readonly noise: readonly NoiseRecord[];
  readonly host: readonly HostRecord[];
  readonly events: readonly Event[];
  /** The latest stamp of anything that was scheduled or happened; 0 in an empty history. */
  readonly lastAt: number;
}

/** The records by type and stamp. `queue` records are for charts only, and are left out. */
export function takeApart(history: History): Records {
  const phases: { at: number; phase: Phase }[] = [];
  const signIns: SignInRecord[] = [];
  const mails: MailRecord[] = [];
  const copies: MaildirRecord[] = [];
  const fates: FateRecord[] = [];
  const faults: FaultRecord[] = [];
  const exchanges: ExchangesRecord[] = [];
  const noise: NoiseRecord[] = [];
  const host: HostRecord[] = [];
  const events: Event[] = [];
  let lastAt = 0;
  for (const record of history) {
    lastAt = Math.max(lastAt, stampOf(record));
    switch (record.type) {
      case "phase":
        phases.push(record);
        break;
      case "sign-in":
        signIns.push(record);
        break;
      case "mail":
        mails.push(record);
        break;
      case "maildir":
        copies.push(record);
        break;
      case "fate":
        fates.push(record);
        break;
      case "fault":
        faults.push(record);
        break;
      case "exchanges":
        exchanges.push(record);
        break;
      case "noise":
        noise.push(record);
        break;
      case "host":
        host.push(record);
        break;
      case "event":
        events.push(record.event);
        break;
      case "queue":
        break;
    }
  }
  return {
    phases: phases.toSorted((a, b) => a.at - b.at || phaseOrder.indexOf(a.phase) - phaseOrder.indexOf(b.phase)),
    signIns: signIns.toSorted((a, b) => a.scheduledAt - b.scheduledAt || a.id - b.id),
    mails: mails.toSorted((a, b) => a.scheduledAt - b.scheduledAt || a.id - b.id),
    copies: copies.toSorted((a, b) => a.at - b.at || text(a.file, b.file)),
    fates: fates.toSorted((a, b) => a.at - b.at || text(a.fate, b.fate)),
    faults: faults.toSorted((a, b) => a.at - b.at || text(a.step, b.step)),
    exchanges: exchanges.toSorted((a, b) => a.at - b.at || a.exchanges - b.exchanges),
    host: host.toSorted((a, b) => a.at - b.at || a.othersShare - b.othersShare),
    noise: noise.toSorted((a, b) => a.at - b.at || a.delayMs - b.delayMs),
    events: events.toSorted((a, b) => a.at - b.at || text(eventKey(a), eventKey(b))),
    lastAt,
  };
}

function stampOf(record: History[number]): number {
  switch (record.type) {
    case "sign-in":
    case "mail":
      return Math.max(record.scheduledAt, record.endedAt ?? record.scheduledAt);
    case "event":
      return record.event.at;
    case "phase":
    case "maildir":
    case "fate":
    case "fault":
    case "exchanges":
    case "noise":
    case "host":
    case "queue":
      return record.at;
  }
}

const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const eventKey = ({ source, kind, partition, instance, operation, detail }: Event): string =>
  JSON.stringify([source, kind, partition, instance, operation, detail]);
