/**
 * The counters of every proxy as Prometheus reads them. Bytes have the names and labels that Toxiproxy gives them, so that
 * its dashboards work; what it does not count has names of Cordon's. Nothing is counted twice: each figure is read from
 * the book when somebody asks.
 */
import { Gauge, Registry, Counter, type LabelValues } from "prom-client";
import type { Proxy } from "@cordon/model";
import type { Book } from "./book.ts";

export interface Metrics {
  readonly contentType: string;
  /** The exposition of this moment. */
  text(): Promise<string>;
}

type Sample = readonly [labels: LabelValues<string>, value: number];

export function createMetrics(book: Book): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[], samples: (proxy: Proxy) => readonly Sample[]) => {
    const metric: Counter = new Counter({
      name,
      help,
      labelNames,
      registers,
      collect() {
        metric.reset();
        for (const proxy of book.list()) for (const [labels, value] of samples(proxy)) metric.inc(labels, value);
      },
    });
  };
  const wayLabels = ["direction", "proxy", "listener", "upstream"];
  counter("toxiproxy_proxy_received_bytes_total", "Bytes received", wayLabels, (proxy) =>
    ways(proxy, proxy.counters.bytesUp, proxy.counters.bytesDown),
  );
  counter("toxiproxy_proxy_sent_bytes_total", "Bytes given to the system to send", wayLabels, (proxy) =>
    ways(proxy, proxy.counters.deliveredUp, proxy.counters.deliveredDown),
  );
  counter("cordon_fault_connections_total", "Connections accepted", ["proxy"], ({ name, counters }) => [
    [{ proxy: name }, counters.connections],
  ]);
  counter("cordon_fault_exchanges_total", "Exchanges begun by clients", ["proxy"], ({ name, counters }) => [
    [{ proxy: name }, counters.exchanges],
  ]);
  counter("cordon_fault_toxic_applied_total", "Bites of a toxic", ["proxy", "toxic"], ({ name, counters }) =>
    Object.entries(counters.applied).map(([toxic, bites]) => [{ proxy: name, toxic }, bites]),
  );
  const open: Gauge = new Gauge({
    name: "cordon_fault_connections_open",
    help: "Connections open now",
    labelNames: ["proxy"],
    registers,
    collect() {
      open.reset();
      for (const { name, counters } of book.list()) open.set({ proxy: name }, counters.open);
    },
  });
  return { contentType: registry.contentType, text: () => registry.metrics() };
}

function ways({ name, listen, upstream }: Proxy, up: number, down: number): readonly Sample[] {
  const labels = { proxy: name, listener: listen, upstream };
  return [
    [{ ...labels, direction: "upstream" }, up],
    [{ ...labels, direction: "downstream" }, down],
  ];
}
