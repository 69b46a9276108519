/**
 * A process's end of the supervisor link (model/wire-supervisor.ts): it says that it lives, passes judgements up, and
 * takes appointments and hashing seats. Nothing a user asks for may hang because the supervisor does: when the link is
 * down, or the supervisor has been silent for `linkMuteMs`, the last appointment stands and the process hands itself one
 * seat at a time. Reconnects for ever, with full jitter up to a second.
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

export type Appointment = Extract<DownLine, { type: "appoint" }>;
export type Judgement = Extract<UpLine, { type: "judgement" }>;

/** The right to hash one password now. Give it back as soon as the hash is done. */
export type SeatAnswer =
  | { readonly kind: "seat"; readonly giveBack: () => void }
  | { readonly kind: "busy"; readonly retryAfterMs: number };

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

interface Waiter {
  readonly queue: string;
  readonly until: number;
  readonly settle: (answer: SeatAnswer) => void;
  readonly timer: NodeJS.Timeout;
}

const parseDown = createLineParser(DownLineSchema);
const longestReconnectMs = 1000;

export function createSupervisorLink(options: LinkOptions): SupervisorLink {
  const { clock } = options;
  const waiters = new Map<number, Waiter>();
  const appointmentListeners: ((appointment: Appointment) => void)[] = [];
  let appointment: Appointment | undefined;
  let socket: Socket | undefined;
  let lastHeardAt = Number.NEGATIVE_INFINITY;
  let freeSeats = 0;
  let localSeatTaken = false;
  let nextAsk = 1;
  let failures = 0;
  let closed = false;
  let ports: Readonly<Record<string, string>> | undefined;
  let reconnectTimer: NodeJS.Timeout | undefined;

  const send = (line: UpLine): void => {
    if (socket?.writable) socket.write(`${JSON.stringify(line)}\n`);
  };
  const alone = (): boolean => socket === undefined || clock.now() - lastHeardAt > linkMuteMs;

  /** Hands the process's own single seat to whoever has waited longest, while the supervisor is not there. */
  const serveLocally = (): void => {
    if (!alone() || localSeatTaken) return;
    const first = waiters.entries().next();
    if (first.done) return;
    const [ask, waiter] = first.value;
    localSeatTaken = true;
    settle(ask, waiter, {
      kind: "seat",
      giveBack: once(() => {
        localSeatTaken = false;
        serveLocally();
      }),
    });
  };
  const settle = (ask: number, waiter: Waiter, answer: SeatAnswer): void => {
    waiters.delete(ask);
    clearTimeout(waiter.timer);
    waiter.settle(answer);
  };

  const hear = (line: DownLine): void => {
    lastHeardAt = clock.now();
    switch (line.type) {
      case "appoint":
        if (appointment !== undefined && line.term < appointment.term) return;
        appointment = line;
        for (const listener of appointmentListeners) listener(line);
        return;
      case "beat":
        freeSeats = line.freeSeats;
        return;
      case "seat": {
        freeSeats = line.free;
        const waiter = waiters.get(line.ask);
        // The asker has gone: give the seat straight back instead of letting its lease run out.
        if (waiter === undefined) return send({ type: "seat-back", ask: line.ask });
        return settle(line.ask, waiter, {
          kind: "seat",
          giveBack: once(() => send({ type: "seat-back", ask: line.ask })),
        });
      }
      case "no-seat": {
        const waiter = waiters.get(line.ask);
        if (waiter !== undefined) settle(line.ask, waiter, { kind: "busy", retryAfterMs: line.retryAfterMs });
      }
    }
  };

  const open = (path: string): void => {
    const mine = connect(path);
    const splitter = createLineSplitter(maxLinkLineBytes, (text) => {
      const line = parseDown(text);
      if (line === undefined) mine.destroy();
      else hear(line);
    });
    mine.on("connect", () => {
      failures = 0;
      socket = mine;
      lastHeardAt = clock.now();
      const about = {
        ...(options.partition && { partition: options.partition }),
        ...(options.instance && { instance: options.instance }),
      };
      send({ type: "hello", name: options.name, pid: process.pid, startTicks: startTicksOf(process.pid), ...about });
      if (ports !== undefined) send({ type: "ready", ports });
      for (const [ask, waiter] of waiters)
        send({ type: "seat-ask", ask, queue: waiter.queue, remainingMs: Math.max(0, waiter.until - clock.now()) });
    });
    mine.on("data", (chunk: Buffer) => {
      if (!splitter.push(chunk)) mine.destroy();
    });
    mine.on("error", () => {});
    mine.on("close", () => {
      if (socket === mine) socket = undefined;
      if (closed) return;
      serveLocally();
      failures += 1;
      reconnectTimer = setTimeout(
        () => open(path),
        options.random() * Math.min(longestReconnectMs, 20 * 2 ** Math.min(failures, 10)),
      );
    });
  };

  const beatTimer = setInterval(() => {
    send({ type: "beat", lagMs: options.loopLagMs() });
    serveLocally();
  }, beatEveryMs);
  // A process that only waits for its supervisor has nothing left to do: these never keep it alive.
  beatTimer.unref();
  if (options.socket !== null) open(options.socket);

  return {
    ready(served) {
      ports = served;
      send({ type: "ready", ports: served });
    },
    judge: (judgement) => send({ type: "judgement", ...judgement }),
    appointed: (term, writes) => send({ type: "appointed", term, writes }),
    freeSeats: () => (alone() ? Number(!localSeatTaken) : freeSeats),
    askSeat(queue, remainingMs) {
      if (waiters.size >= options.maxWaiting) return Promise.resolve({ kind: "busy", retryAfterMs: remainingMs });
      return new Promise((resolve) => {
        const ask = nextAsk++;
        const timer = setTimeout(() => {
          waiters.delete(ask);
          resolve({ kind: "busy", retryAfterMs: remainingMs });
        }, remainingMs);
        waiters.set(ask, { queue, until: clock.now() + remainingMs, settle: resolve, timer });
        if (!alone()) send({ type: "seat-ask", ask, queue, remainingMs });
        serveLocally();
      });
    },
    onAppointment(listener) {
      appointmentListeners.push(listener);
      if (appointment !== undefined) listener(appointment);
    },
    close() {
      closed = true;
      clearInterval(beatTimer);
      clearTimeout(reconnectTimer);
      for (const [ask, waiter] of waiters) settle(ask, waiter, { kind: "busy", retryAfterMs: 1000 });
      socket?.destroy();
    },
  };
}

function once(action: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    action();
  };
}
