import { expect, test } from "vitest";
import { openSignedMap } from "@cordon/control-client";
import type { SignedMap } from "@cordon/model";
import { change, makeGround, mapOf, say, startHere } from "./test-support.ts";

const { epoch: _, ...firstMap } = mapOf(1);

test("without a supervisor, control takes the first map from its configuration, and keeps a later one", async () => {
  await using ground = await makeGround({ firstMap });
  {
    await using control = await startHere(ground.config);
    const { mapKey } = ground.client(control.url, "test");
    const got = await say(control.url, "GET", "/v1/map");
    expect(openSignedMap(got.body as SignedMap, mapKey)).toEqual(mapOf(1));
    expect((await change(control.url, "PUT", "/v1/map", { from: 1, map: mapOf(2) })).status).toBe(200);
  }
  await using again = await startHere(ground.config);
  const { mapKey } = ground.client(again.url, "test");
  expect(openSignedMap((await say(again.url, "GET", "/v1/map")).body as SignedMap, mapKey)).toEqual(mapOf(2));
});

test("a first map that leads nowhere is a mistake in the configuration, and nothing is kept of it", async () => {
  await using ground = await makeGround({ firstMap: { ...firstMap, pins: { "one.example": "p7" } } });
  await expect(startHere(ground.config)).rejects.toThrow(
    "the configuration:1:1 firstMap: the pin of one.example leads to p7, which is not in the map",
  );
  await using control = await startHere({ ...ground.config, firstMap });
  expect((await say(control.url, "GET", "/v1/map")).status).toBe(200);
});
