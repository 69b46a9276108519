/**
 * How long a failure held up the mail of those whom it need not have touched: June 2014 was felt most by organisations of
 * the sound partitions, whose mail waited behind the silent one's. It is read from Maildirs, as every delay is.
 */
import type { History } from "@cordon/model";
import { byUnit, deliveriesOf } from "./deliveries.ts";
import { faultSteps } from "./fault.ts";
import { takeApart } from "./records.ts";
import type { DrillSpec } from "./spec.ts";
import { drainedAt } from "./times.ts";
import { windowsOf } from "./window.ts";

/**
 * Milliseconds from the injection until the last overdue mail of the other partitions was in its mailbox; 0 when none of
 * it was ever overdue, null when some waits still at the end of the history.
 */
export function othersMailAgainMs(history: History, spec: DrillSpec): number | null {
  const records = takeApart(history);
  const windows = windowsOf(records, faultSteps(records.faults));
  const deliveries = deliveriesOf(records, byUnit(records.copies), byUnit(records.fates), spec);
  const others = deliveries.filter(({ outside, scheduledAt }) => outside && scheduledAt >= windows.zero);
  const at = drainedAt(others, windows, spec, windows.zero);
  return at === null ? null : at - windows.zero;
}
