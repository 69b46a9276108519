/**
 * A disk that is full: the real process runs under a limit on the size of its files, which the kernel answers writes past
 * it with as it would a full disk. What the door remembers for a restart is then lost, and nothing else: people sign in,
 * the revocation log is obeyed, and the process lives.
 */
import { expect, test } from "vitest";
import { openAuthStore } from "./store.ts";
import { signIn, spawnDoor, startGround } from "./test-support.ts";

const ann = "ann@one.test";
const password = "correct horse";
const fileKiB = 128;

test(
  "on a full disk the door goes on: people sign in, and who is revoked is refused",
  { timeout: 60_000 },
  async () => {
    await using ground = await startGround();
    const { control, p1, config, folder } = ground;
    const names = Array.from({ length: 3000 }, (_, index) => `u${index}@one.test`);
    const last = names.at(-1) ?? "";
    for (const address of [ann, last]) p1.users.set(address, { password, credentialEpoch: 0 });
    {
      await using child = await spawnDoor(folder, config, fileKiB);
      const door = { url: (await child.ready) ?? "" };
      expect((await signIn(door, ann, password)).status).toBe(200);
      await Promise.all(names.map((name) => control.revoke(name, "disabled")));
      expect((await signIn(door, last, password)).status).toBe(401);
      expect((await signIn(door, ann, password)).status).toBe(200);
      await control.revoke(ann, "disabled");
      expect((await signIn(door, ann, password)).status).toBe(401);
      child.child.kill("SIGTERM");
      expect((await child.ended).code).toBe(0);
    }
    const store = openAuthStore({
      dir: config.dataDir,
      maxCredentials: 10,
      mapSizeBytes: config.mapSizeBytes,
      onLost: () => {},
    });
    // The disk was full indeed.
    expect(store.revoked(last)).toBeUndefined();
    await store.close();
  },
);
