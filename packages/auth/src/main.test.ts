/** The door as a process: it starts again with what it knew, ends when told to, and says what it cannot use. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bodyOf, openDoor, say, signIn, spawnDoor, startGround, until, type Said } from "./test-support.ts";

const ann = "ann@one.test";
const password = "correct horse";
const user = { password, credentialEpoch: 0 };

/** A port of the loopback that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("a restarted door vouches for whom it knew, signs with the same key, and asks no hash for it anew", async () => {
  await using ground = await startGround();
  const { control, supervisor, p1 } = ground;
  p1.users.set(ann, user);
  let keys: string;
  {
    await using door = await openDoor(ground);
    await signIn(door, ann, password);
    await until(() => supervisor.seatsBack === 1);
    keys = (await say(`${door.url}/.well-known/jwks.json`)).text;
  }
  await using door = await openDoor(ground);
  expect((await say(`${door.url}/.well-known/jwks.json`)).text).toBe(keys);
  await control.order("p1", "isolated");
  expect(bodyOf(await signIn(door, ann, password))).toMatchObject({ degraded: true });
  expect(supervisor.asks).toHaveLength(2);
});

test("a restarted door knows who is disabled before control answers it", async () => {
  await using ground = await startGround();
  const { control, p1, config } = ground;
  p1.users.set(ann, user);
  {
    await using _door = await openDoor(ground);
    await control.revoke(ann, "disabled");
  }
  control.mood = "silent";
  await using child = await spawnDoor(ground.folder, config);
  const url = (await child.ready) ?? "";
  expect((await signIn({ url }, ann, password)).status).toBe(401);
  p1.users.set("dan@one.test", user);
  expect((await signIn({ url }, "dan@one.test", password)).status).toBe(200);
});

test("a door that has never seen a map answers 503, and is ready once control has one", async () => {
  await using ground = await startGround();
  const { control, p1, config } = ground;
  p1.users.set(ann, user);
  control.mood = "silent";
  const url = `http://127.0.0.1:${await freePort()}`;
  const listen = { host: "127.0.0.1", port: Number(new URL(url).port) };
  await using child = await spawnDoor(ground.folder, { ...config, listen });
  const signedIn = (): Promise<Said> =>
    signIn({ url }, ann, password).catch(() => ({ status: 0, headers: {}, text: "" }));
  await until(async () => (await signedIn()).status === 503);
  expect(await signedIn()).toMatchObject({ status: 503, headers: { "retry-after": "1" } });
  control.mood = "answers";
  await control.order("p2", "automatic");
  expect(await child.ready).toBe(url);
  expect((await signedIn()).status).toBe(200);
});

test("SIGTERM ends it with 0, and SIGKILL leaves nothing that keeps it from starting again with the same key", async () => {
  await using ground = await startGround();
  const keysOf = async (url: string | undefined): Promise<string> =>
    (await say(`${url ?? ""}/.well-known/jwks.json`)).text;
  await using first = await spawnDoor(ground.folder, ground.config);
  const keys = await keysOf(await first.ready);
  first.child.kill("SIGKILL");
  await first.ended;

  await using second = await spawnDoor(ground.folder, ground.config);
  expect(await keysOf(await second.ready)).toBe(keys);
  second.child.kill("SIGTERM");
  expect(await second.ended).toEqual({ stderr: "", code: 0 });
});

test.each(["host-key.hex", "signing-key.pem"])(
  "a %s that is none ends it with 1 and one line that names it",
  async (name) => {
    await using ground = await startGround();
    const { config } = ground;
    {
      await using _door = await openDoor(ground);
    }
    const file = join(config.dataDir, name);
    await writeFile(file, "not a key\n");
    await using child = await spawnDoor(ground.folder, config);
    const { stderr, code } = await child.ended;
    expect(code).toBe(1);
    const lines = stderr.trim().split("\n");
    expect(lines).toHaveLength(1);
    const said = JSON.parse(lines[0] ?? "") as { name: string; err: { message: string } };
    expect(said.name).toBe("auth");
    expect(said.err.message).toContain(file);
  },
);

test("a configuration with a mistake ends it with 2 and the place of the mistake", async () => {
  await using ground = await startGround();
  await using child = await spawnDoor(ground.folder, { ...ground.config, maxSignIns: 0 });
  const { stderr, code } = await child.ended;
  expect(code).toBe(2);
  expect(stderr).toMatch(/auth\.json:1:\d+ maxSignIns: /);
});
