/**
 * A process's end of the supervisor link (model/wire-supervisor.ts): it says that it lives, passes judgements up, and
 * takes appointments and hashing seats. Nothing a user asks for may hang because the supervisor does: when the link is
 * down, or the supervisor has been silent for `linkMuteMs`, the last appointment stands and the process hands itself one
 * seat at a time (seat-asks.ts). Reconnects for as long as the process lives, with full jitter up to a second.
 * Invariants: a line that is no line ends the connection and nothing after it is heard; what a supervisor that reads
 * nothing leaves unsent is bounded, since past the bound the connection is given up.
 */
import { connect, type Socket } from "node:net";
import {
  beatEveryMs,
  DownLineSchema,
  linkMuteMs,
  maxLinkLineBytes,
  type Clock,
  type DownLine,
  type UpLine,
} from "@cordon/model";
import { createLineParser, createLineSplitter } from "./lines.ts";
import { startTicksOf } from "./proc.ts";
import { createSeatAsks, type SeatAnswer } from "./seat-asks.ts";

export type { SeatAnswer } from "./seat-asks.ts";
export type Appointment = Extract<DownLine, { type: "appoint" }>;
export type Judgement = Extract<UpLine, { type: "judgement" }>;

export interface SupervisorLink {
  /** Says on which addresses the process serves; said again after each reconnect. */
  ready(ports: Readonly<Record<string, string>>): void;
  judge(judgement: Omit<Judgement, "type">): void;
  appointed(term: number, writes: boolean): void;
  /** Asks for a hashing seat, waiting at most `remainingMs`. Never rejects, never waits longer. */
  askSeat(queue: string, remainingMs: number): Promise<SeatAnswer>;
  /** Hashing seats believed to be free on the host. */
  freeSeats(): number;
  onAppointment(listener: (appointment: Appointment) => void): void;
  close(): void;
}

export interface LinkOptions {
  /** The supervisor's unix socket; null: there is no supervisor, and the process is on its own from the start. */
  readonly socket: string | null;
  readonly name: string;
  readonly partition?: string;
  readonly instance?: string;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Asks for a seat that may wait in this process at once. */
  readonly maxWaiting: number;
  /** The longest the event loop stood still since the last call, milliseconds. */
  readonly loopLagMs: () => number;
}

const parseDown = createLineParser(DownLineSchema);
const longestReconnectMs = 1000;
const shortestReconnectMs = 20;
/** Bytes that may wait for a supervisor that does not read. */
const maxUnsentBytes = 4 * maxLinkLineBytes;

export function createSupervisorLink(options: LinkOptions): SupervisorLink {
  const { clock } = options;
  const listeners: ((appointment: Appointment) => void)[] = [];
  let appointment: Appointment | undefined;
  let lastHeardAt = Number.NEGATIVE_INFINITY;
  let freeSeats = 0;
  let ports: Readonly<Record<string, string>> | undefined;

  const alone = (): boolean => !line.up() || clock.now() - lastHeardAt > linkMuteMs;
  const hear = (said: DownLine): void => {
    lastHeardAt = clock.now();
    switch (said.type) {
      case "appoint":
        if (appointment !== undefined && said.term < appointment.term) break;
        appointment = said;
        for (const listener of listeners) listener(said);
        break;
      case "beat":
        freeSeats = said.freeSeats;
        break;
      case "seat":
        freeSeats = said.free;
        asks.granted(said.ask);
        break;
      case "no-seat":
        asks.refused(said.ask, said.retryAfterMs);
        break;
    }
    asks.stir();
  };
  const greet = (): void => {
    lastHeardAt = clock.now();
    line.send(hello(options));
    if (ports !== undefined) line.send({ type: "ready", ports });
    asks.forgotten();
    asks.stir();
  };

  const line = keepConnected(options, { onUp: greet, onDown: () => asks.stir(), onLine: hear });
  const asks = createSeatAsks({ clock, maxWaiting: options.maxWaiting, alone, send: (up) => line.send(up) });
  const beatTimer = setInterval(() => {
    line.send({ type: "beat", lagMs: options.loopLagMs() });
    asks.stir();
  }, beatEveryMs);
  // Beating alone is no reason to live.
  beatTimer.unref();

  return {
    ready(served) {
      ports = served;
      line.send({ type: "ready", ports: served });
    },
    judge: (judgement) => line.send({ type: "judgement", ...judgement }),
    appointed: (term, writes) => line.send({ type: "appointed", term, writes }),
    freeSeats: () => (alone() ? Number(asks.ownSeatFree()) : freeSeats),
    askSeat: (queue, remainingMs) => asks.ask(queue, remainingMs),
    onAppointment(listener) {
      listeners.push(listener);
      if (appointment !== undefined) listener(appointment);
    },
    close() {
      clearInterval(beatTimer);
      asks.close();
      line.close();
    },
  };
}

function hello({ name, partition, instance }: LinkOptions): UpLine {
  const about = { ...(partition !== undefined && { partition }), ...(instance !== undefined && { instance }) };
  return { type: "hello", name, pid: process.pid, startTicks: startTicksOf(process.pid), ...about };
}

interface Line {
  up(): boolean;
  /** Sends while the connection is up; what is said while it is down is not said later. */
  send(line: UpLine): void;
  close(): void;
}

interface LineListener {
  onUp(): void;
  onDown(): void;
  onLine(line: DownLine): void;
}

/** One connection at a time, made again whenever it ends, until it is closed. Calls nobody before it has returned. */
function keepConnected({ socket: path, random }: LinkOptions, listener: LineListener): Line {
  let socket: Socket | undefined;
  let up = false;
  let closed = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  const open = (to: string): void => {
    const mine = connect(to);
    socket = mine;
    const splitter = createLineSplitter(maxLinkLineBytes, (text) => {
      if (mine.destroyed) return;
      const line = parseDown(text);
      if (line === undefined) return void mine.destroy();
      // Only a supervisor that speaks is a success: one that hangs up on every hello is asked ever more seldom.
      failures = 0;
      listener.onLine(line);
    });
    mine.on("connect", () => {
      up = true;
      listener.onUp();
    });
    mine.on("data", (chunk: Buffer) => {
      if (!splitter.push(chunk)) mine.destroy();
    });
    // Every error is followed by a close, which says all there is to do.
    mine.on("error", () => {});
    mine.on("close", () => {
      up = false;
      if (closed) return;
      failures += 1;
      const pauseMs = random() * Math.min(longestReconnectMs, shortestReconnectMs * 2 ** Math.min(failures, 10));
      timer = setTimeout(() => open(to), pauseMs);
      listener.onDown();
    });
  };
  if (path !== null) open(path);

  return {
    up: () => up,
    send(line) {
      if (!up || socket?.writable !== true) return;
      socket.write(`${JSON.stringify(line)}\n`);
      if (socket.writableLength > maxUnsentBytes) socket.destroy();
    },
    close() {
      closed = true;
      up = false;
      clearTimeout(timer);
      socket?.destroy();
    },
  };
}
