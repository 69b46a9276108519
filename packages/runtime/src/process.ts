/**
 * How every process of Cordon begins and ends. It reads its configuration, starts, says `ready` over the supervisor link
 * (and, when nobody supervises it, on stdout), and on SIGTERM or SIGINT closes what it opened, in a bounded time. A
 * mistake in the configuration is a message and exit 2; a bug is a log line and exit 1, and whoever supervises the
 * process starts it again.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { text } from "node:stream/consumers";
import closeWithGrace from "close-with-grace";
import type { Clock } from "@cordon/model";
import { systemClock } from "./clock.ts";
import { ConfigError, type ProcessConfig } from "./config.ts";
import { createEvents, type Events } from "./events.ts";
import { createLog, type Log } from "./log.ts";
import { createSupervisorLink, type SupervisorLink } from "./supervisor-link.ts";

export interface ProcessContext<C> {
  readonly config: Readonly<C>;
  readonly clock: Clock;
  readonly log: Log;
  readonly events: Events;
  readonly link: SupervisorLink;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface RunningProcess {
  /** Name of each port -> where it serves: a URL, or host:port. */
  readonly ports: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Asks for seats that may wait in one process; more than the host could hash within any deadline. */
const maxSeatAsks = 256;
const closeWithinMs = 3000;

/**
 * Runs a process to its end. `read` is `readConfig` with the process's own schema; `argv` is `process.argv`. A process takes
 * `--config FILE`, or `--standby`: then it has loaded everything it is made of, and waits on stdin for the path of its
 * configuration. A stdin that ends without one ends it: whoever kept it in readiness has gone.
 */
export async function runProcess<C extends ProcessConfig>(
  read: (file: string) => Readonly<C>,
  argv: readonly string[],
  start: (context: ProcessContext<C>) => Promise<RunningProcess>,
): Promise<void> {
  const isStandby = argv.includes("--standby");
  const file = isStandby ? (await text(process.stdin)).trim() : valueOf(argv, "--config");
  if (file === undefined) return fail("usage: --config FILE | --standby");
  if (isStandby && file === "") return;
  let config: Readonly<C>;
  try {
    config = read(file);
  } catch (error) {
    if (error instanceof ConfigError) return fail(error.message);
    throw error;
  }
  const log = createLog(config.name, config.logLevel);
  // A library that complains on stderr (lmdb does, of a full disk) must not end the process when stderr is on that disk too.
  process.stderr.on("error", () => {});
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  const link = createSupervisorLink({
    socket: config.supervisorSocket,
    name: config.name,
    ...(config.partition !== undefined && { partition: config.partition }),
    ...(config.instance !== undefined && { instance: config.instance }),
    clock: systemClock,
    random: Math.random,
    maxWaiting: maxSeatAsks,
    loopLagMs: () => {
      const worst = Number.isFinite(lag.max) ? Math.max(0, lag.max / 1e6 - 20) : 0;
      lag.reset();
      return worst;
    },
  });
  const events = createEvents(config.name, config.eventsFile, systemClock, (error) =>
    log.error({ err: error }, "an event was lost"),
  );

  let running: RunningProcess | undefined;
  const grace = closeWithGrace({ delay: closeWithinMs, logger: false }, async ({ err }) => {
    if (err) log.fatal({ err }, "the process ends on an error of its own");
    await running?.close();
    link.close();
  });
  try {
    running = await start({ config, clock: systemClock, log, events, link, random: Math.random });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // A mistake that only shows once something is opened, as a key that is none.
    grace.uninstall();
    link.close();
    return fail(error.message);
  }
  link.ready(running.ports);
  if (config.supervisorSocket === null)
    process.stdout.write(`${JSON.stringify({ ready: config.name, ports: running.ports })}\n`);
}

function valueOf(argv: readonly string[], flag: string): string | undefined {
  const at = argv.indexOf(flag);
  return at < 0 ? undefined : argv[at + 1];
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 2;
}
