/**
 * The few calls of opossum 10 that breaker.ts uses, declared here because its published types lag behind it.
 */
declare module "opossum" {
  interface Options {
    /** Milliseconds before opossum itself gives up on the action; false: never. */
    timeout: false;
    errorThresholdPercentage: number;
    volumeThreshold: number;
    rollingCountTimeout: number;
    rollingCountBuckets: number;
    /** Off, or every failure sorts every latency of the window. */
    rollingPercentilesEnabled: false;
    enableSnapshots: false;
    /** Milliseconds from open to half-open. */
    resetTimeout: number;
  }
  class CircuitBreaker<Arguments extends unknown[], Result> {
    constructor(action: (...given: Arguments) => Promise<Result>, options: Options);
    fire(...given: Arguments): Promise<Result>;
    /** The counters of the rolling window. */
    readonly status: { increment(property: "fires" | "successes"): void };
    shutdown(): void;
    on(event: "open", listener: () => void): this;
  }
  export = CircuitBreaker;
}
