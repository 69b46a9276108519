/** The bag, against a plain Set. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createBag } from "./bag.ts";

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("add" as const) }),
    fc.record({ do: fc.constant("remove" as const), which: fc.nat({ max: 8 }) }),
  ),
  { minLength: 10, maxLength: 60 },
);

test("over any history it holds what was put in and not taken out, and taking out twice takes nothing of another", () => {
  fc.assert(
    fc.property(steps, (history) => {
      const bag = createBag<{ readonly id: number }>();
      const put: { item: { readonly id: number }; place: number }[] = [];
      const model = new Set<object>();
      let most = 0;
      for (const step of history) {
        if (step.do === "add") {
          const item = { id: put.length };
          put.push({ item, place: bag.add(item) });
          model.add(item);
          most = Math.max(most, model.size);
        } else {
          const known = put[step.which];
          if (known === undefined) continue;
          bag.remove(known.item, known.place);
          model.delete(known.item);
        }
        const seen = new Set<object>();
        bag.forEach((item, place) => {
          seen.add(item);
          expect(place).toBeLessThan(most);
        });
        expect(seen).toEqual(model);
        expect(bag.size).toBe(model.size);
      }
    }),
  );
});
