/**
 * The closed loop: so many connections, each asking again as soon as it is answered, by autocannon. It shows what a
 * service can do, and flatters one that hangs, for then nothing more is asked of it. Of autocannon there are only the
 * connections; each attempt is stamped here, because with a rate its own percentiles are wrong, and because an answer
 * is read, not only its status. A connection that broke is tried again after a pause, where autocannon has none.
 * Invariant: each attempt is told once. A request written after the server has said that it closes the connection
 * was offered to nobody, and is none.
 */
import autocannon, { type Client, type Request } from "autocannon";
import type { Clock, Instant } from "@cordon/model";
import type { Attempted, Seen } from "./pace.ts";
import { readSignIn, signInBody, signInHeaders, signInPath } from "./sign-in.ts";
import type { LoadUser } from "./users.ts";

export interface ClosedLoop {
  /** Base URL of an auth. */
  readonly url: string;
  /** Each connection has its own share of them, and begins again after the last. */
  readonly users: readonly LoadUser[];
  readonly connections: number;
  /** Requests a second over all connections, at most; null: as fast as they are answered. */
  readonly rate: number | null;
  readonly lengthMs: number;
  /** How long an answer is waited for; 1,000 at least. */
  readonly patienceMs: number;
  /** Pause before a connection that broke is tried again. */
  readonly reconnectMs: number;
  /** It ends early when so many were sent. */
  readonly mostAttempts: number;
  /** Told of each attempt, once, when it has ended; at the end, of those that have no answer. */
  readonly told: (attempted: Attempted<LoadUser>) => void;
}

/** How often autocannon looks whether it is over. */
const lookEveryMs = 100;

/** Resolves when it is over, or soon after `signal` aborts. */
export async function runClosedLoop(loop: ClosedLoop, clock: Clock, signal: AbortSignal): Promise<void> {
  const { url, rate, lengthMs, patienceMs, mostAttempts } = loop;
  const connections = rate === null ? loop.connections : Math.min(loop.connections, rate);
  const shares = sharesOf(loop.users, connections);
  const lines: Line[] = [];
  let sent = 0;
  const tracker = autocannon({
    url,
    connections,
    duration: lengthMs / 1_000,
    timeout: patienceMs / 1_000,
    sampleInt: lookEveryMs,
    ...(rate !== null && { overallRate: rate, ignoreCoordinatedOmission: true }),
    setupClient: (client) => {
      const users = shares[lines.length] ?? loop.users;
      const onSent = (): void => {
        sent += 1;
        if (sent === mostAttempts) tracker.stop();
      };
      lines.push(followLine(client, users, loop, clock, onSent));
    },
  });
  const stop = (): void => tracker.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    await tracker;
  } finally {
    signal.removeEventListener("abort", stop);
    for (const line of lines) line.end();
  }
}

/** One connection as it is followed. */
interface Line {
  /** Whatever is under way is given up. */
  end(): void;
}

function followLine(
  client: Client,
  users: readonly LoadUser[],
  { told, reconnectMs }: ClosedLoop,
  clock: Clock,
  onSent: () => void,
): Line {
  let next = 0;
  let open: { readonly user: LoadUser; readonly sentAt: Instant } | undefined;
  let isClosing = false;
  let pause: NodeJS.Timeout | undefined;
  const ended = (seen: Seen, endedAt: Instant | null): void => {
    if (open === undefined) return;
    const { user, sentAt } = open;
    open = undefined;
    told({ planned: user, scheduledAt: sentAt, sentAt, endedAt, ...seen });
  };
  const broke = (code: string, endedAt: Instant | null): void => ended({ outcome: "unknown", code }, endedAt);

  client.on("request", () => {
    const user = users[next % users.length];
    next += 1;
    if (isClosing || user === undefined) return;
    open = { user, sentAt: clock.now() };
    onSent();
  });
  client.on("headers", ({ shouldKeepAlive }) => {
    isClosing = !shouldKeepAlive;
  });
  client.on("timeout", () => broke("timeout", null));
  client.on("connError", (error) => broke("code" in error ? String(error.code) : error.name, clock.now()));
  client.setRequests(
    users.map(({ address, password }): Request => ({
      method: "POST",
      path: signInPath,
      headers: signInHeaders,
      body: signInBody(address, password),
      onResponse: (status, body) => ended(readSignIn(status, body), clock.now()),
    })),
  );
  pauseReconnects(client, (connect) => {
    // An end and an error of one connection are two words for one reconnect.
    if (pause !== undefined) return;
    const again = (): void => {
      pause = undefined;
      // What is still open was neither answered nor timed out: the server has hung up.
      broke("closed", clock.now());
      isClosing = false;
      if (!client.destroyed) connect();
    };
    pause = setTimeout(again, isClosing ? 0 : reconnectMs);
  });
  return {
    end() {
      clearTimeout(pause);
      broke("run-ended", null);
    },
  };
}

/** Hands every connect but the first to `again`. */
function pauseReconnects(client: Client, again: (connect: () => void) => void): void {
  const connect = client._connect.bind(client);
  let isFirst = true;
  client._connect = () => {
    if (!isFirst) return again(connect);
    isFirst = false;
    connect();
  };
}

/** A share of the users for each connection; where users are fewer, one user has several connections. */
function sharesOf(users: readonly LoadUser[], connections: number): readonly (readonly LoadUser[])[] {
  return Array.from({ length: connections }, (_, line) => {
    const own = users.filter((__, index) => index % connections === line);
    return own.length > 0 ? own : users.slice(line % users.length, (line % users.length) + 1);
  });
}
