/**
 * The few calls of opossum 10 that the benches use, declared here because its published types lag behind it.
 */
declare module "opossum" {
  class CircuitBreaker<Result> {
    constructor(action: () => Promise<Result>, options: CircuitBreaker.Options);
    fire(): Promise<Result>;
    shutdown(): void;
    on(event: "open", listener: () => void): this;
  }
  namespace CircuitBreaker {
    /** What is left out stays at opossum's default. */
    interface Options {
      /** Milliseconds. */
      timeout?: number;
      rollingCountTimeout?: number;
      rollingPercentilesEnabled?: false;
      enableSnapshots?: false;
    }
  }
  export = CircuitBreaker;
}
