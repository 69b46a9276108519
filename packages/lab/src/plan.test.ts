import * as fc from "fast-check";
import { expect, test } from "vitest";
import { InstanceIdSchema, partitionOf, PartitionMapSchema } from "@cordon/model";
import { Compile } from "typebox/compile";
import { firstMap, withEndpoints } from "./build-map.ts";
import { instanceId } from "./plan.ts";

const endpointsOf = (...ids: readonly string[]) =>
  new Map(ids.map((id) => [id, [{ id: `${id}a`, service: `http://127.0.0.1/${id}a` }]]));

test("every role instance a partition ever has gets a name of its own that is one", () => {
  const ids = Array.from({ length: 26 * 27 + 1 }, (_, ordinal) => instanceId("p3", ordinal));
  expect(new Set(ids).size).toBe(ids.length);
  const check = Compile(InstanceIdSchema);
  expect(ids.filter((id) => !check.Check(id))).toEqual([]);
  expect([ids[0], ids[25], ids[26], ids.at(-2), ids.at(-1)]).toEqual(["p3a", "p3z", "p3aa", "p3zz", "p3aaa"]);
});

test("the first map is a map, and has every tenant in its own partition", () => {
  const check = Compile(PartitionMapSchema);
  const tenant = fc.record({ domain: fc.domain(), partition: fc.constantFrom("p1", "p2", "p3") });
  fc.assert(
    fc.property(fc.uniqueArray(tenant, { selector: ({ domain }) => domain }), (tenants) => {
      const map = firstMap(tenants, endpointsOf("p1", "p2", "p3"));
      expect(check.Check(map)).toBe(true);
      expect(tenants.map(({ domain }) => partitionOf(map, domain))).toEqual(tenants.map(({ partition }) => partition));
    }),
  );
});

test("new role instances make the next epoch, and the same ones none", () => {
  const map = firstMap([{ domain: "a.example", partition: "p2" }], endpointsOf("p1", "p2"));
  expect(withEndpoints(map, endpointsOf("p1", "p2"))).toBe(map);
  const moved = new Map(endpointsOf("p1", "p2")).set("p2", [{ id: "p2c", service: "http://127.0.0.1/p2c" }]);
  expect(withEndpoints(map, moved)).toEqual({
    ...map,
    epoch: 2,
    partitions: [map.partitions[0], { id: "p2", instances: [{ id: "p2c", service: "http://127.0.0.1/p2c" }] }],
  });
});
