/**
 * What is noted once a second while a side runs: how much mail waits in each lane, for the charts, and what share of the
 * cores others were busy with, so that a crowded host is told from a guilty candidate. A sample that cannot be had is a
 * gap in a chart, never an end of the run.
 */
import type { Lab } from "@cordon/lab";
import type { Clock, HistoryRecord, LaneView } from "@cordon/model";
import { othersShareOf, readCores } from "@cordon/runtime";

const sampleEveryMs = 1_000;

/** Notes until the function it returns is called. */
export function sampleHost(lab: Lab, clock: Clock, keep: (record: HistoryRecord) => void): () => void {
  const own = () => [...lab.processes(), { pid: process.pid }];
  let before = readCores(own(), clock.now());
  const timer = setInterval(() => {
    const at = clock.now();
    const cores = readCores(own(), at);
    const othersShare = othersShareOf(before, cores);
    before = cores;
    if (othersShare !== undefined) keep({ type: "host", at, othersShare });
    void fetch(new URL("/v1/lanes", lab.urls.mailApi), { signal: AbortSignal.timeout(sampleEveryMs) })
      .then((response) => response.json() as Promise<LaneView[]>)
      .then((lanes) => {
        for (const { partition, queued, oldestMs } of lanes) keep({ type: "queue", at, partition, queued, oldestMs });
      })
      // A second without a sample is a gap in a chart.
      .catch(() => {});
  }, sampleEveryMs);
  return () => clearInterval(timer);
}
