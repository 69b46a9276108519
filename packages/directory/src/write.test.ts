import { expect, test } from "vitest";
import {
  call,
  configOf,
  password,
  phc,
  startControl,
  startInstance,
  temporaryFolder,
  untilWrites,
  type Instance,
  type TestControl,
  type WireAnswer,
} from "./test-support.ts";

interface Ground extends AsyncDisposable {
  readonly control: TestControl;
  readonly instance: Instance;
  send(method: string, path: string, body?: unknown): Promise<WireAnswer>;
  verify(address: string, password: string): Promise<unknown>;
}

async function ground(controlTimeoutMs = 5000): Promise<Ground> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const control = stack.use(await startControl());
  const config = { ...configOf(folder.path, "p1a", control.url), controlTimeoutMs };
  const instance = stack.use(await startInstance(config));
  await untilWrites(instance);
  const all = stack.move();
  return {
    control,
    instance,
    send: (method, path, body) => call(method, `${instance.service}/v1/${path}`, body),
    async verify(address, given) {
      return (await call("POST", `${instance.service}/v1/verify`, { address, password: given })).body;
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const kindsOf = ({ control }: Ground) =>
  control.kept.map(({ reason, credentialEpoch }) => `${reason} ${credentialEpoch}`);

test("a new password goes to control, then to the store, and takes its epoch from control", async () => {
  await using it = await ground();
  await it.send("POST", "users", { address: "u@a.example", password: "first" });
  expect(kindsOf(it)).toEqual([]);
  const changed = await it.send("PATCH", "users/u@a.example", { password: "second" });
  expect(changed.body).toEqual({ kind: "written", revision: 2 });
  expect(kindsOf(it)).toEqual(["password-changed 1"]);
  expect(await it.verify("u@a.example", "first")).toEqual({ kind: "mismatch" });
  expect(await it.verify("u@a.example", "second")).toMatchObject({ kind: "verified", credentialEpoch: 1 });
  const { body } = await it.send("GET", "users/u@a.example");
  const { userId } = body as { userId: string };
  expect(body).toEqual({
    userId,
    address: "u@a.example",
    tenant: "a.example",
    disabled: false,
    credentialEpoch: 1,
    revision: 2,
  });
});

test("disable, enable and delete each go to control first", async () => {
  await using it = await ground();
  await it.send("POST", "users", { address: "u@a.example", phc });
  await it.send("PATCH", "users/u@a.example", { disabled: true });
  expect(await it.verify("u@a.example", password)).toEqual({ kind: "disabled" });
  await it.send("PATCH", "users/u@a.example", { disabled: false });
  expect(await it.verify("u@a.example", password)).toMatchObject({ kind: "verified", credentialEpoch: 2 });
  expect((await it.send("DELETE", "users/u@a.example")).body).toEqual({ kind: "written", revision: 4 });
  expect(await it.verify("u@a.example", password)).toEqual({ kind: "unknown" });
  expect(kindsOf(it)).toEqual(["disabled 1", "enabled 2", "deleted 3"]);
});

test("without control nothing that concerns a credential is changed, and the rest is", async () => {
  await using it = await ground(100);
  await it.send("POST", "users", { address: "u@a.example", phc });
  for (const mood of ["refuses", "silent"] as const) {
    it.control.mood = mood;
    for (const [method, body] of [
      ["PATCH", { password: "second" }],
      ["PATCH", { disabled: true }],
      ["DELETE", undefined],
    ] as const) {
      const answer = await it.send(method, "users/u@a.example", body);
      expect(answer.status).toBe(503);
      expect(answer.headers.get("retry-after")).toBe("1");
    }
  }
  expect(await it.verify("u@a.example", password)).toMatchObject({ kind: "verified", credentialEpoch: 0 });
  expect((await it.send("PUT", "aliases/v@a.example", { target: "u@a.example" })).status).toBe(200);
  expect((await it.send("POST", "users", { address: "new@a.example", phc })).status).toBe(200);
});

test("who takes over a deleted address starts above every epoch control has revoked there", async () => {
  await using it = await ground();
  await it.send("POST", "users", { address: "u@a.example", phc });
  await it.send("DELETE", "users/u@a.example");
  await it.send("PUT", "aliases/u@a.example", { target: "v@a.example" });
  await it.send("DELETE", "aliases/u@a.example");
  expect((await it.send("POST", "users", { address: "u@a.example", phc })).status).toBe(200);
  expect(kindsOf(it)).toEqual(["deleted 1", "enabled 2"]);
  expect(await it.verify("u@a.example", password)).toMatchObject({ kind: "verified", credentialEpoch: 2 });
});

test("a change of a revision that is not the newest is a conflict, and control does not hear of it", async () => {
  await using it = await ground();
  await it.send("POST", "users", { address: "u@a.example", phc });
  await it.send("PATCH", "users/u@a.example", { disabled: true, revision: 1 });
  expect((await it.send("PATCH", "users/u@a.example", { disabled: false, revision: 1 })).status).toBe(409);
  expect(kindsOf(it)).toEqual(["disabled 1"]);
});

test("changes of one user at the same time are made in one order everywhere: the newest epoch has the newest password", async () => {
  await using it = await ground();
  await it.send("POST", "users", { address: "u@a.example", phc });
  const passwords = Array.from({ length: 6 }, (_, index) => `password ${index}`);
  const answers = await Promise.all(passwords.map((next) => it.send("PATCH", "users/u@a.example", { password: next })));
  expect(answers.map(({ status }) => status)).toEqual(passwords.map(() => 200));
  const last = answers.reduce(
    (best, answer, index) => {
      const { revision } = answer.body as { revision: number };
      return revision > best.revision ? { revision, index } : best;
    },
    { revision: 0, index: -1 },
  );
  expect(await it.verify("u@a.example", passwords[last.index] ?? "")).toMatchObject({
    kind: "verified",
    credentialEpoch: passwords.length,
  });
});

test("an address is one thing: what would make it another is a conflict", async () => {
  await using it = await ground();
  await it.send("POST", "users", { address: "u@a.example", phc });
  await it.send("PUT", "groups/g@a.example", { members: ["u@a.example"] });
  const answers = await Promise.all([
    it.send("POST", "users", { address: "U@a.example", phc }),
    it.send("PUT", "aliases/u@a.example", { target: "v@a.example" }),
    it.send("PUT", "groups/u@a.example", { members: ["v@a.example"] }),
    it.send("POST", "users", { address: "g@a.example", phc }),
    it.send("DELETE", "aliases/u@a.example"),
    it.send("DELETE", "groups/none@a.example"),
    it.send("PATCH", "users/g@a.example", { disabled: true }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([409, 409, 409, 409, 404, 404, 404]);
});

test("what cannot be stored as it is given is refused for good", async () => {
  await using it = await ground();
  await it.send("POST", "users", { address: "u@a.example", phc });
  const dear = phc.replace("m=19456", "m=4194304");
  const answers = await Promise.all([
    it.send("POST", "users", { address: "no address", phc }),
    it.send("POST", "users", { address: "v@a.example", phc: dear }),
    it.send("POST", "users", { address: "v@a.example" }),
    it.send("PATCH", "users/u@a.example", { revision: 1 }),
    it.send("PATCH", "users/u@a.example", { phc }),
    it.send("PUT", "aliases/x@a.example", { target: "X@a.example" }),
    it.send("PUT", "groups/x@a.example", { members: ["u@a.example", "nobody"] }),
    it.send("PUT", "groups/x@a.example", { members: [] }),
    it.send("DELETE", `users/${"x".repeat(70)}@a.example`),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 400, 400, 400, 400]);
});

test("an address as long as mail allows can be changed and removed by its path", async () => {
  await using it = await ground();
  const address = `${"l".repeat(64)}@${"d".repeat(60)}.${"e".repeat(60)}.${"f".repeat(60)}.example`;
  await it.send("POST", "users", { address, phc });
  expect((await it.send("PATCH", `users/${encodeURIComponent(address)}`, { disabled: true })).status).toBe(200);
  expect((await it.send("DELETE", `users/${encodeURIComponent(address)}`)).status).toBe(200);
});
