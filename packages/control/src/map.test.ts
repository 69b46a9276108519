import { generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openSignedMap } from "@cordon/control-client";
import { expect, test } from "vitest";
import { complaintsAbout, publicKeyOf, readMapKey, signMap } from "./map.ts";
import { makeGround, mapOf } from "./test-support.ts";

test("a map that leads everywhere it says is fit, as a first one and as the next", () => {
  expect(complaintsAbout(mapOf(1), undefined)).toEqual([]);
  expect(complaintsAbout(mapOf(2, { tenants: [], pins: {} }), mapOf(1))).toEqual([]);
});

test("a map that leads nowhere is refused, with every reason", () => {
  const instance = { id: "p1a", service: "http://127.0.0.1:1" };
  const partitions = [
    { id: "p1", instances: [instance] },
    { id: "p2", instances: [instance] },
  ];
  expect(complaintsAbout(mapOf(2, { buckets: ["p1", "p9"], pins: { "one.example": "p8" } }), mapOf(1))).toEqual([
    "there are 2 buckets; there were 4, and that never changes",
    "bucket 1 leads to p9, which is not in the map",
    "the pin of one.example leads to p8, which is not in the map",
  ]);
  expect(complaintsAbout(mapOf(1, { partitions, tenants: ["One.Example", "b\u00fccher.example"] }), undefined)).toEqual(
    [
      "One.Example is not a domain in its canonical form",
      "b\u00fccher.example is not a domain in its canonical form",
      "p1a is listed under p2",
      "p1a is listed twice",
    ],
  );
  expect(
    complaintsAbout(mapOf(1, { partitions: [...mapOf(1).partitions, ...mapOf(1).partitions] }), undefined),
  ).toContain("a partition is listed twice");
});

test("the reasons are a handful however wrong the map is", () => {
  const buckets = Array.from({ length: 4096 }, () => "p9");
  expect(complaintsAbout(mapOf(1, { buckets }), undefined)).toHaveLength(5);
});

test("a signed map opens with its own key and with no other", async () => {
  await using ground = await makeGround();
  const key = readMapKey(ground.config.mapKeyFile);
  const signed = signMap(mapOf(7), key);
  expect(openSignedMap(signed, publicKeyOf(key))).toEqual(mapOf(7));
  const stranger = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" });
  expect(openSignedMap(signed, stranger)).toBeUndefined();
  const forged = signMap(mapOf(8), generateKeyPairSync("ed25519").privateKey);
  expect(openSignedMap({ ...signed, payload: forged.payload }, publicKeyOf(key))).toBeUndefined();
});

test("a key file of another kind is named and never quoted", async () => {
  await using ground = await makeGround();
  const other = join(ground.folder, "rsa.pem");
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(other, rsa.privateKey.export({ type: "pkcs8", format: "pem" }));
  expect(() => readMapKey(other)).toThrow(`${other} holds no Ed25519 private key`);
  expect(() => readMapKey(join(ground.folder, "absent.pem"))).toThrow("holds no Ed25519 private key");
  const secret = (await readFile(other, "utf8")).split("\n")[1] ?? "";
  expect(() => readMapKey(other)).not.toThrow(secret);
});
