/**
 * autocannon as the benches use it: a closed loop, so many connections for so long, each asking again as soon as it is
 * answered. No rate is asked of it: with one its percentiles are wrong, and what a server can do is the question here.
 */
import autocannon from "autocannon";

export interface LoadOptions {
  /** Where, path included. */
  readonly url: string;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  /** Asked in turn, each connection beginning with another; a GET has one that is empty. */
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly seconds: number;
  /** How long a connection waits for its answer, seconds. */
  readonly patienceSeconds: number;
}

export interface LoadSeen {
  /** Answers with a 2xx. */
  readonly answered: number;
  /** Other answers, and those that never came. */
  readonly failed: number;
  readonly perSecond: number;
  /** Of answers of any status, milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function load(options: LoadOptions): Promise<LoadSeen> {
  const { url, method, headers, bodies, connections, seconds, patienceSeconds } = options;
  const path = new URL(url).pathname;
  const requests = bodies.map((body) => ({ method, path, headers, ...(body !== "" && { body }) }));
  let begun = 0;
  const result = await autocannon({
    url,
    connections,
    duration: seconds,
    timeout: patienceSeconds,
    requests,
    setupClient(client) {
      const first = Math.floor((begun++ * requests.length) / connections) % requests.length;
      client.setRequests([...requests.slice(first), ...requests.slice(0, first)]);
    },
  });
  return {
    answered: result["2xx"],
    failed: result.non2xx + result.errors,
    perSecond: result["2xx"] / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
  };
}
