/**
 * The little of autocannon 9 that a closed loop uses, declared here because it brings no types. `_connect` is its own
 * word for "connect again", which it does without a pause; whoever changes the version looks at lib/httpClient.js.
 */
declare module "autocannon" {
  /** One connection. */
  interface Client {
    readonly destroyed: boolean;
    _connect(): void;
    setRequests(requests: readonly Request[]): void;
    /** Just before a request is written, on a connection that may not stand yet. */
    on(event: "request" | "timeout", listener: () => void): this;
    on(event: "connError", listener: (error: Error) => void): this;
    on(event: "headers", listener: (head: { readonly shouldKeepAlive: boolean }) => void): this;
  }
  interface Request {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly onResponse: (status: number, body: string) => void;
  }
  interface Options {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Seconds that an answer may take; 1 at least. */
    readonly timeout: number;
    /** How often it looks whether it is over, milliseconds. */
    readonly sampleInt: number;
    /** Requests a second over all connections: all that there are leave at the beginning of each second. */
    readonly overallRate?: number;
    readonly ignoreCoordinatedOmission?: boolean;
    readonly setupClient: (client: Client) => void;
  }
  export default function autocannon(options: Options): PromiseLike<unknown> & { stop(): void };
}
