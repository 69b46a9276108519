/** The keys of a host: made once, for nobody else to read, and refused by name when they cannot be used. */
import { generateKeyPairSync } from "node:crypto";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openKeys } from "./keys.ts";
import { temporaryFolder } from "./test-support.ts";

test("keys are made on the first start, readable by their owner alone, and the same on the next", async () => {
  await using folder = await temporaryFolder();
  const dir = join(folder.path, "data");
  const first = openKeys(dir);
  expect(first.signing.asymmetricKeyType).toBe("ed25519");
  expect(first.host).toHaveLength(32);
  expect((await readdir(dir)).toSorted()).toEqual(["host-key.hex", "signing-key.pem"]);
  const modes = await Promise.all([".", "host-key.hex", "signing-key.pem"].map((file) => stat(join(dir, file))));
  expect(modes.map(({ mode }) => mode & 0o777)).toEqual([0o700, 0o600, 0o600]);

  const second = openKeys(dir);
  expect(second.host).toEqual(first.host);
  expect(second.signing.equals(first.signing)).toBe(true);
});

test("two hosts have no key in common", async () => {
  await using folder = await temporaryFolder();
  const one = openKeys(join(folder.path, "one"));
  const two = openKeys(join(folder.path, "two"));
  expect(one.host).not.toEqual(two.host);
  expect(one.signing.equals(two.signing)).toBe(false);
});

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" });

test.each([
  ["host-key.hex", ""],
  ["host-key.hex", "ab".repeat(31)],
  ["host-key.hex", `${"ab".repeat(32)}zz`],
  ["signing-key.pem", ""],
  ["signing-key.pem", "-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----\n"],
  ["signing-key.pem", rsa],
])("a %s that is none (case %#) is refused by name and left as it is", async (name, text) => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, name);
  await mkdir(folder.path, { recursive: true });
  await writeFile(file, text);
  expect(() => openKeys(folder.path)).toThrow(file);
  expect(await readFile(file, "utf8")).toBe(text);
});
