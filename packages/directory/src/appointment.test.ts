import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLog } from "@cordon/runtime";
import { createAppointments, step, termOf, type Role } from "./appointment.ts";
import type { Store } from "./store.ts";
import { until } from "./test-support.ts";

const log = createLog("p1a", "silent");
const ofB = { writer: "p1b", writerUrl: "http://127.0.0.1:2", begins: false };
const ofA = { writer: "p1a", writerUrl: "http://127.0.0.1:1", begins: true };

test("no history of appointments lowers the term, and only the named instance is to write", () => {
  const appointments = fc.array(fc.record({ term: fc.integer({ min: 1, max: 9 }), of: fc.constantFrom(ofA, ofB) }));
  fc.assert(
    fc.property(appointments, (history) => {
      let role: Role = { state: "unappointed" };
      for (const { term, of } of history) {
        const next = step(role, { term, ...of }, "p1a");
        const obeyed = { term, state: of === ofA ? "taking" : "reading" };
        expect(next).toMatchObject(term > termOf(role) ? obeyed : role);
        role = next;
      }
    }),
  );
});

interface Ground {
  readonly confirmed: string[];
  readonly made: ReturnType<typeof createAppointments>;
}

function ground(takeTerm: Store["takeTerm"]): Ground {
  const confirmed: string[] = [];
  const confirm = (term: number, writes: boolean): number => confirmed.push(`${term} ${writes}`);
  return { confirmed, made: createAppointments({ me: "p1a", store: { takeTerm }, confirm, log, takeAgainMs: 1 }) };
}

test("an instance writes once its store has taken the term, and says so", async () => {
  const { made, confirmed } = ground(async () => ({ kind: "taken" }));
  made.obey({ term: 4, ...ofA });
  expect(made.role()).toEqual({ state: "taking", term: 4, begins: true });
  await until(() => confirmed.length > 0);
  expect(made.role()).toEqual({ state: "writing", term: 4 });
  made.obey({ term: 4, ...ofA });
  made.obey({ term: 3, ...ofB });
  made.obey({ term: 5, ...ofB });
  expect(made.role()).toEqual({ state: "reading", term: 5, writerUrl: ofB.writerUrl });
  expect(confirmed).toEqual(["4 true", "4 true", "5 false"]);
});

test("a store that does not answer is asked again, and one of a later term is obeyed", async () => {
  const answers: Awaited<ReturnType<Store["takeTerm"]>>[] = [
    { kind: "unavailable", detail: "full" },
    { kind: "unavailable", detail: "full" },
    { kind: "stale-term", term: 9 },
  ];
  const { made, confirmed } = ground(async () => answers.shift() ?? { kind: "taken" });
  made.obey({ term: 4, ...ofA });
  await until(() => confirmed.length > 0);
  expect(made.role()).toEqual({ state: "superseded", term: 4 });
  expect(confirmed).toEqual(["4 false"]);
});

test("an appointment that comes while a term is being taken decides", async () => {
  const taking = Promise.withResolvers<{ kind: "taken" }>();
  const { made, confirmed } = ground(() => taking.promise);
  made.obey({ term: 4, ...ofA });
  made.obey({ term: 5, ...ofB });
  taking.resolve({ kind: "taken" });
  await taking.promise;
  expect(made.role()).toMatchObject({ state: "reading", term: 5 });
  expect(confirmed).toEqual(["5 false"]);
});

test("a writer that hears from its store of a later term stops writing in its own, and only in its own", async () => {
  const { made, confirmed } = ground(async () => ({ kind: "taken" }));
  made.obey({ term: 4, ...ofA });
  await until(() => confirmed.length > 0);
  made.lost(3);
  expect(made.role()).toEqual({ state: "writing", term: 4 });
  made.lost(4);
  expect(made.role()).toEqual({ state: "superseded", term: 4 });
  expect(confirmed).toEqual(["4 true", "4 false"]);
});
