import { expect, test } from "vitest";
import { atLeastHeader, deadlineHeader, freeSeatsHeader } from "@cordon/model";
import {
  authorized,
  call,
  configOf,
  password,
  phc,
  startControl,
  startInstance,
  startSupervisor,
  temporaryFolder,
  until,
  untilWrites,
  type Instance,
  type TestControl,
} from "./test-support.ts";

interface Ground extends AsyncDisposable {
  readonly control: TestControl;
  readonly instance: Instance;
  verify(address: string, password: string, headers?: Record<string, string>): ReturnType<typeof call>;
  lookup(address: string, headers?: Record<string, string>): ReturnType<typeof call>;
}

async function ground(changes: Partial<Parameters<typeof startInstance>[0]> = {}): Promise<Ground> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const control = stack.use(await startControl());
  const instance = stack.use(await startInstance({ ...configOf(folder.path, "p1a", control.url), ...changes }));
  await untilWrites(instance);
  const all = stack.move();
  return {
    control,
    instance,
    verify: (address, given, headers = {}) =>
      call("POST", `${instance.service}/v1/verify`, { address, password: given }, headers),
    lookup: (address, headers = {}) => call("POST", `${instance.service}/v1/lookup`, { address }, headers),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

const addUser = ({ instance }: Ground, address: string) =>
  call("POST", `${instance.service}/v1/users`, { address, phc });

test("verify answers each kind with 200, and says how many seats are free", async () => {
  await using it = await ground();
  await addUser(it, "User@A.example");
  await addUser(it, "gone@a.example");
  await call("PATCH", `${it.instance.service}/v1/users/gone@a.example`, { disabled: true });
  const answers = await Promise.all([
    it.verify("USER@a.example", password),
    it.verify("user@a.example", "wrong"),
    it.verify("user@a.example", ""),
    it.verify("nobody@a.example", password),
    it.verify("no address", password),
    it.verify("gone@a.example", password),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  const { userId } = answers[0].body as { userId: string };
  expect(userId).toMatch(/^[0-9a-f-]{36}$/);
  expect(answers.map(({ body }) => body)).toEqual([
    { kind: "verified", userId, address: "user@a.example", tenant: "a.example", credentialEpoch: 0 },
    { kind: "mismatch" },
    { kind: "mismatch" },
    { kind: "unknown" },
    { kind: "unknown" },
    { kind: "disabled" },
  ]);
  expect(answers[0]?.headers.get(freeSeatsHeader)).toMatch(/^[01]$/);
});

test("look-up tells mailbox, alias, group, disabled and unknown apart, and asks for no token", async () => {
  await using it = await ground();
  const { service } = it.instance;
  await addUser(it, "u@a.example");
  await addUser(it, "gone@a.example");
  await call("PATCH", `${service}/v1/users/gone@a.example`, { disabled: true });
  await call("PUT", `${service}/v1/aliases/other@a.example`, { target: "U@A.example" });
  await call("PUT", `${service}/v1/groups/all@a.example`, { members: ["u@a.example", "V@b.example", "u@a.example"] });
  const addresses = ["u@a.example", "other@a.example", "all@a.example", "gone@a.example", "canary@p1.invalid"];
  const answers = await Promise.all(addresses.map((address) => it.lookup(address)));
  expect(answers.map(({ body }) => body)).toEqual([
    { kind: "mailbox", mailbox: "u@a.example" },
    { kind: "alias", target: "u@a.example" },
    { kind: "group", members: ["u@a.example", "v@b.example"] },
    { kind: "disabled" },
    { kind: "unknown" },
  ]);
});

test("what is not a request of ours is a problem document of its own status", async () => {
  await using it = await ground();
  const { service } = it.instance;
  const plain = { "content-type": "text/plain" };
  const answers = await Promise.all([
    call("POST", `${service}/v1/verify`, { address: "u@a.example" }, {}),
    call("POST", `${service}/v1/verify`, { address: "u@a.example", password: 7 }, {}),
    call("POST", `${service}/v1/verify`, { address: ["u@a.example"], password: "x" }, {}),
    call("POST", `${service}/v1/verify`, "{", { "content-type": "application/json" }),
    call("POST", `${service}/v1/verify`, "x", plain),
    call("POST", `${service}/v1/import`, "x", { ...authorized, "content-type": "application/json" }),
    call("GET", `${service}/v1/verify`, undefined, {}),
    call("POST", `${service}/v1/nothing`, {}, {}),
    it.verify("u@a.example", "x".repeat(70_000)),
    it.verify("u@a.example", "x", { [deadlineHeader]: "soon" }),
    it.lookup("u@a.example", { [atLeastHeader]: "-1" }),
    it.lookup("u@a.example", { [deadlineHeader]: "0" }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 415, 415, 405, 404, 413, 400, 400, 504]);
  for (const { body, headers } of answers) {
    expect(headers.get("content-type")).toContain("application/problem+json");
    expect(JSON.stringify(body)).not.toMatch(/\.ts|node_modules| at /);
  }
});

test("what changes something or tells of a user needs the token", async () => {
  await using it = await ground();
  const { service, health } = it.instance;
  const wrong = { authorization: "Bearer not the token at all" };
  const answers = await Promise.all([
    call("POST", `${service}/v1/users`, { address: "u@a.example", phc }, {}),
    call("PATCH", `${service}/v1/users/u@a.example`, { disabled: true }, wrong),
    call("DELETE", `${service}/v1/users/u@a.example`, undefined, wrong),
    call("PUT", `${service}/v1/aliases/u@a.example`, { target: "v@a.example" }, {}),
    call("POST", `${service}/v1/import`, "", { "content-type": "application/x-ndjson" }),
    call("GET", `${service}/v1/users/u@a.example`, undefined, {}),
    call("POST", `${health}/fault-points`, { verify: "hang", leaseMs: 60_000 }, {}),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403, 403]);
});

test("a read that asks for a revision this instance has not seen is unavailable when its deadline comes", async () => {
  await using it = await ground();
  const written = await addUser(it, "u@a.example");
  expect(written.body).toEqual({ kind: "written", revision: 1 });
  expect((await it.lookup("u@a.example", { [atLeastHeader]: "1" })).body).toMatchObject({ kind: "mailbox" });
  const soon = { [atLeastHeader]: "2", [deadlineHeader]: "400" };
  const [looked, verified] = await Promise.all([
    it.lookup("u@a.example", soon),
    it.verify("u@a.example", password, soon),
  ]);
  expect([looked.status, verified.status]).toEqual([503, 503]);
  expect(looked.headers.get("retry-after")).toBe("1");
});

test("verify without a seat before the deadline is 429 with Retry-After", async () => {
  await using it = await ground();
  await addUser(it, "u@a.example");
  // Alone, a process hands itself one seat at a time: of many at once, the last do not get theirs in time.
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => it.verify("u@a.example", password, { [deadlineHeader]: "60" })),
  );
  const busy = answers.filter(({ status }) => status === 429);
  expect(busy.length).toBeGreaterThan(0);
  for (const { headers } of busy) expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(answers.filter(({ status }) => ![200, 429, 504].includes(status))).toEqual([]);
});

test("unknown, wrong and disabled ask for the same work: one hashing seat each, in the partition's queue", async () => {
  await using folder = await temporaryFolder();
  await using control = await startControl();
  await using supervisor = await startSupervisor(folder.path);
  const config = { ...configOf(folder.path, "p1a", control.url), supervisorSocket: supervisor.socket };
  await using instance = await startInstance(config);
  await until(() => supervisor.heard("p1a").some(({ type }) => type === "hello"));
  supervisor.send("p1a", {
    type: "appoint",
    term: 1,
    writer: "p1a",
    writerUrl: instance.service,
    begins: true,
  });
  await untilWrites(instance);
  for (const address of ["u@a.example", "gone@a.example"])
    await call("POST", `${instance.service}/v1/users`, { address, phc });
  await call("PATCH", `${instance.service}/v1/users/gone@a.example`, { disabled: true });
  const asks = () => supervisor.heard("p1a").flatMap((line) => (line.type === "seat-ask" ? [line.queue] : []));
  expect(asks()).toEqual([]);
  const tries = ["u@a.example wrong", "nobody@a.example x", "gone@a.example x", "u@a.example ", "nonsense x"];
  const answers = await Promise.all(
    tries.map(async (line) => {
      const [address, given] = line.split(" ");
      return (await call("POST", `${instance.service}/v1/verify`, { address, password: given }, {})).body;
    }),
  );
  expect(answers).toEqual(["mismatch", "unknown", "disabled", "mismatch", "unknown"].map((kind) => ({ kind })));
  expect(asks()).toEqual(tries.map(() => "p1"));
});

test("the fault point hangs verify alone, and health stays green", async () => {
  await using it = await ground();
  const { health, service } = it.instance;
  await addUser(it, "u@a.example");
  await call("POST", `${health}/fault-points`, { verify: "hang", leaseMs: 60_000 });
  const leaving = new AbortController();
  const left = fetch(`${service}/v1/verify`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ address: "u@a.example", password }),
    signal: leaving.signal,
  }).catch(() => "left");
  let answered = false;
  const hanging = it.verify("u@a.example", password).finally(() => {
    answered = true;
  });
  expect((await it.lookup("u@a.example")).body).toMatchObject({ kind: "mailbox" });
  expect((await call("GET", `${health}/health`)).body).toMatchObject({ status: "ok", writes: true });
  leaving.abort();
  expect(await left).toBe("left");
  expect(answered).toBe(false);
  await call("POST", `${health}/fault-points`, { verify: "none" });
  expect((await hanging).body).toMatchObject({ kind: "verified" });
});

test("a hang that nobody ends heals by itself when its lease is over, and without a lease there is none", async () => {
  await using it = await ground();
  const { health } = it.instance;
  await addUser(it, "u@a.example");
  expect((await call("POST", `${health}/fault-points`, { verify: "hang" })).status).toBe(400);
  expect((await call("POST", `${health}/fault-points`, { verify: "hang", leaseMs: 100 })).body).toEqual({
    verify: "hang",
    leaseMs: 100,
  });
  expect((await it.verify("u@a.example", password)).body).toMatchObject({ kind: "verified" });
});

test("without leave from the configuration there is no fault point", async () => {
  await using it = await ground({ faultPoints: false });
  expect((await call("POST", `${it.instance.health}/fault-points`, { verify: "hang", leaseMs: 60_000 })).status).toBe(
    404,
  );
});

test("health says who the process is, what it does and how far it is", async () => {
  await using it = await ground();
  await addUser(it, "u@a.example");
  const { body } = await call("GET", `${it.instance.health}/health`, undefined, {});
  const { uptimeMs } = body as { uptimeMs: number };
  expect(uptimeMs).toBeGreaterThanOrEqual(0);
  expect(body).toEqual({
    status: "ok",
    instance: "p1a",
    partition: "p1",
    term: 1,
    writes: true,
    revision: 1,
    uptimeMs,
  });
});

test("with the verified-recently cache on, a changed password is refused at once", async () => {
  await using it = await ground({ verifiedRecently: { maxEntries: 10, ttlMs: 60_000 } });
  await addUser(it, "u@a.example");
  expect((await it.verify("u@a.example", password)).body).toMatchObject({ kind: "verified" });
  expect((await it.verify("u@a.example", password)).body).toMatchObject({ kind: "verified" });
  await call("PATCH", `${it.instance.service}/v1/users/u@a.example`, { password: "another" });
  expect((await it.verify("u@a.example", password)).body).toEqual({ kind: "mismatch" });
  expect((await it.verify("u@a.example", "another")).body).toMatchObject({ kind: "verified", credentialEpoch: 1 });
  await call("PATCH", `${it.instance.service}/v1/users/u@a.example`, { disabled: true });
  expect((await it.verify("u@a.example", "another")).body).toEqual({ kind: "disabled" });
});
