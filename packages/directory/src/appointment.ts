/**
 * Who writes in this partition, as this role instance knows it. The supervisor says so; an instance obeys only a term
 * above the last one it saw, and writes only once the store has taken that term, durably. When the store stands at a later
 * term than its own, it stops writing before anybody tells it. With the supervisor gone, the last appointment stands.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Appointment, Log } from "@cordon/runtime";
import type { Store } from "./store.ts";

export type Role =
  | { readonly state: "unappointed" }
  /** Writes go to the writer. */
  | { readonly state: "reading"; readonly term: number; readonly writerUrl: string }
  /** Appointed, and the store has not taken the term yet. */
  | { readonly state: "taking"; readonly term: number; readonly begins: boolean }
  | { readonly state: "writing"; readonly term: number }
  /** Was appointed, and the store is in later hands: who writes is not known here until the next appointment. */
  | { readonly state: "superseded"; readonly term: number };

export const termOf = (role: Role): number => (role.state === "unappointed" ? 0 : role.term);

/** What an appointment makes of a role; the same role when it is none above the last. */
export function step(role: Role, { term, writer, writerUrl, begins }: Omit<Appointment, "type">, me: string): Role {
  if (term <= termOf(role)) return role;
  return writer === me ? { state: "taking", term, begins } : { state: "reading", term, writerUrl };
}

export interface Appointments {
  role(): Role;
  obey(appointment: Omit<Appointment, "type">): void;
  /** The store refused `term`: it stands at a later one. */
  lost(term: number): void;
  close(): void;
}

export interface AppointmentParts {
  /** The instance's own id. */
  readonly me: string;
  readonly store: Pick<Store, "takeTerm">;
  /** Tells the supervisor what became of an appointment. */
  readonly confirm: (term: number, writes: boolean) => void;
  readonly log: Log;
  /** The pause before a store that could not take the term is asked again, milliseconds. */
  readonly takeAgainMs: number;
}

export function createAppointments({ me, store, confirm, log, takeAgainMs }: AppointmentParts): Appointments {
  const ended = new AbortController();
  let role: Role = { state: "unappointed" };

  /** Asks the store until it has taken the term, or until the term is no longer ours to take. */
  async function take(mine: Role & { state: "taking" }): Promise<void> {
    while (role === mine && !ended.signal.aborted) {
      const result = await store.takeTerm(mine.term, mine.begins);
      if (role !== mine) return;
      switch (result.kind) {
        case "taken":
          role = { state: "writing", term: mine.term };
          return confirm(mine.term, true);
        case "stale-term":
          role = { state: "superseded", term: mine.term };
          log.warn({ term: mine.term, storeTerm: result.term }, "the store is in a later term than the appointment");
          return confirm(mine.term, false);
        case "unavailable":
          log.error({ term: mine.term, detail: result.detail }, "the store did not take the term");
          await pause(takeAgainMs, undefined, { signal: ended.signal }).catch(() => {});
      }
    }
  }

  return {
    role: () => role,
    obey(appointment) {
      const next = step(role, appointment, me);
      // A supervisor that has come back asks about the term it knows: it is told again how things stand.
      if (next === role && appointment.term === termOf(role) && role.state !== "taking")
        return confirm(appointment.term, role.state === "writing");
      if (next === role) return;
      role = next;
      if (next.state === "taking") void take(next);
      else confirm(appointment.term, false);
    },
    lost(term) {
      if (role.state !== "writing" || role.term !== term) return;
      role = { state: "superseded", term };
      log.warn({ term }, "another role instance writes: this one stops");
      confirm(term, false);
    },
    close: () => ended.abort(),
  };
}
