/**
 * The few calls of opossum 10 that the benches use, declared here because its published types lag behind it.
 */
declare module "opossum" {
  class CircuitBreaker<Argument, Result> {
    /** `timeout` in milliseconds; every other option stays at its default. */
    constructor(action: (argument: Argument) => Promise<Result>, options: { timeout: number });
    fire(argument: Argument): Promise<Result>;
    shutdown(): void;
  }
  export = CircuitBreaker;
}
