/**
 * The little of autocannon 9 that the benches use, declared here because it brings no types.
 */
declare module "autocannon" {
  interface Request {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  }
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Seconds that an answer may take. */
    readonly timeout: number;
    readonly requests: readonly Request[];
    readonly setupClient: (client: { setRequests(requests: readonly Request[]): void }) => void;
  }
  interface Result {
    readonly "2xx": number;
    readonly non2xx: number;
    /** Connections that broke, and answers that never came. */
    readonly errors: number;
    /** Seconds it took in truth. */
    readonly duration: number;
    /** Milliseconds. */
    readonly latency: { readonly p50: number; readonly p99: number };
  }
  export default function autocannon(options: Options): Promise<Result>;
}
