/**
 * Every route of every service of a lab, with every mistake there is to make: the answer is the promised one and tells of
 * nothing inside, nothing has changed, and the process that was asked is still there and serves. Nobody is fenced or failed
 * over here, so that a process that dies of its input is missed and not replaced.
 */
import { settingsOf } from "@cordon/lab";
import { problemTypes, type Proxy, type SignedMap } from "@cordon/model";
import { stateOf } from "@cordon/runtime";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mailProgram, startSeededLab, type SeededLab } from "../support/lab.ts";
import { until } from "../support/until.ts";
import { findSecrets, logLines } from "./left-behind.ts";
import { goodCall, mistakesOf, slowBody, type Asking, type Mistake } from "./mistakes.ts";
import { exceptions, promises } from "./promises.ts";
import { rowsOf, staged, type Row, type ServiceName, type Stage } from "./routes.ts";
import { say, type Said } from "./say.ts";

/** A service is asked by this many at once. */
const askers = 8;
const answerWithinMs = 30_000;
/** An import has a minute for its body. */
const slowWithinMs = 90_000;
const readyWithinMs = 60_000;

/** Characters of an answer that a failing test shows. */
const shownOf = 300;

interface Target {
  readonly service: ServiceName;
  /** The process. */
  readonly name: string;
  readonly url: string;
}

let seeded: SeededLab;
let stage: Stage;
let targets: readonly Target[];
/** What was wrong with the answers to bodies that stop coming; begun first of all, as a service waits for long. */
let slow: Promise<readonly string[]>;
const opened = new AsyncDisposableStack();

beforeAll(async () => {
  const settings = settingsOf("on", ["fence", "failover"]);
  const options = { partitions: 1, roleInstances: 2, users: 4, seed: "bad input", settings, mailProgram };
  seeded = opened.use(await startSeededLab({ ...options, store: "lmdb", faultPoints: true }));
  const { urls } = seeded.lab;
  targets = [
    { service: "control", name: "control", url: urls.control },
    { service: "auth", name: "auth", url: urls.auth },
    { service: "mail", name: "mail", url: urls.mailApi },
    { service: "fault", name: "fault", url: urls.fault },
    ...seeded.lab.instances().flatMap(({ id, direct, health }): Target[] => [
      { service: "directory", name: id, url: direct },
      { service: "directory-health", name: id, url: health },
    ]),
  ];
  stage = await makeStage();
  slow = playSlow();
}, 300_000);

afterAll(() => opened.disposeAsync());

/** What the rows are about, and a user who can sign in. */
async function makeStage(): Promise<Stage> {
  const { lab, population } = seeded;
  const [user] = population.users;
  if (user === undefined) throw new Error("a seeded lab has users");
  await until(
    `${user.address} signs in`,
    readyWithinMs,
    async () => (await post(lab.urls.auth, "/v1/sign-in", user)) === 200,
  );
  const upstream = new URL(lab.urls.control).host;
  await post(lab.urls.fault, "/proxies", { name: staged.proxy, listen: "127.0.0.1:0", upstream });
  const toxic = { name: staged.toxic, type: "latency", attributes: { latency: 1 } };
  await post(lab.urls.fault, `/proxies/${staged.proxy}/toxics`, toxic);
  const signed = (await (await fetch(new URL("/v1/map", lab.urls.control))).json()) as SignedMap;
  const map = JSON.parse(Buffer.from(signed.payload, "base64url").toString()) as Stage["map"];
  return { map, upstream, address: user.address, password: user.password, phc: user.phc };
}

async function post(base: string, path: string, sent: object): Promise<number> {
  const { address, password } = sent as { address?: string; password?: string };
  const body = JSON.stringify(password === undefined ? sent : { address, password });
  const headers = { "content-type": "application/json" };
  return (await fetch(new URL(path, base), { method: "POST", headers, body })).status;
}

const askingsOf = (target: Target): readonly Asking[] => {
  const rows = rowsOf(stage)[target.service].map((row): Row => {
    const { path, body } = JSON.parse(JSON.stringify(row).replaceAll("{id}", target.name)) as Pick<
      Row,
      "path" | "body"
    >;
    return { ...row, path, ...(body !== undefined && { body }) };
  });
  return rows.map((row) => ({ row, rows, token: seeded.lab.token, lenient: target.service === "fault" }));
};

test("the tables have every route that a process says it serves, and no other", () => {
  const told = logLines(seeded.lab.dir).flatMap(({ msg, url, routes }) =>
    msg === "serves" && url !== undefined ? [[url, routes?.toSorted()]] : [],
  );
  const played = targets.map((target) => [
    target.url,
    askingsOf(target)
      .map(({ row }) => row.route)
      .toSorted(),
  ]);
  expect(Object.fromEntries(told)).toEqual(Object.fromEntries(played));
});

/** What is wrong with an answer; undefined, most of the time. */
function wrongWith({ status, headers, body }: Said, mistake: Mistake, target: Target, row: Row): string | undefined {
  const wanted = wantedOf(mistake, target, row);
  if (!wanted.includes(status)) return `should be ${wanted.join(" or ")}`;
  if (/\bat .+:\d+:\d+|node_modules|file:\/\/|\.ts\b/.test(body) || body.includes(seeded.root)) return "tells too much";
  if (mistake.promise === "method" && headers.get("allow") !== allowedOn(target, row)) return "has not the right allow";
  if (mistake.what === "HEAD") return body === "" ? undefined : "has a body";
  if (status < 400) return row.lines === true && !body.includes('"imported":0') ? "imported something" : undefined;
  const type = headers.get("content-type") ?? "";
  const said = JSON.parse(body) as Readonly<Record<string, unknown>>;
  if (said["status"] !== status) return "says another status";
  if (target.service === "fault")
    return /^(text\/plain|application\/json)/.test(type) && typeof said["error"] === "string"
      ? undefined
      : "is not in Toxiproxy's form";
  const [name, { title }] = Object.entries(problemTypes).find(([, known]) => known.status === status) ?? [
    "",
    { title: "" },
  ];
  const isProblem = type.startsWith("application/problem+json") && said["title"] === title;
  return isProblem && said["type"] === `urn:cordon:problem:${name}` ? undefined : `is no problem document of ${name}`;
}

function wantedOf({ promise }: Mistake, target: Target, row: Row): readonly (number | string)[] {
  const { problem, fault } = promises[promise];
  if (target.service === "fault") return [fault];
  const exception = exceptions.find((one) => one.call === row.route && one.promise === promise);
  return exception?.statuses ?? [problemTypes[problem].status];
}

function allowedOn(target: Target, row: Row): string {
  const path = row.route.slice(row.route.indexOf(" "));
  const routes = askingsOf(target).map((asking) => asking.row.route);
  return routes.flatMap((route) => (route.endsWith(path) ? [route.split(" ")[0]] : [])).join(", ");
}

/** Plays each mistake, a few at a time, and says what was wrong with the answers. */
async function play(
  target: Target,
  all: Iterable<readonly [Row, Mistake]>,
  withinMs: number,
  atOnce: number,
): Promise<readonly string[]> {
  const left = all[Symbol.iterator]();
  const wrong: string[] = [];
  const ask = async (): Promise<void> => {
    for (let next = left.next(); next.done !== true; next = left.next()) {
      const [row, mistake] = next.value;
      const at = `${target.name} ${row.route}, ${mistake.promise}: ${mistake.what}`;
      try {
        const said = await say(target.url, mistake.bytes, withinMs);
        const flaw = wrongWith(said, mistake, target, row);
        if (flaw !== undefined) wrong.push(`${at}: ${said.status} ${said.body.slice(0, shownOf)} ${flaw}`);
      } catch (error) {
        wrong.push(`${at}: ${String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  return wrong;
}

/** Without what it has carried meanwhile. */
const asOrdered = ({ name, listen, upstream, enabled, toxics }: Proxy) => ({
  name,
  listen,
  upstream,
  enabled,
  toxics: toxics.map(({ name: toxic, type, stream, toxicity, attributes }) => [
    toxic,
    type,
    stream,
    toxicity,
    attributes,
  ]),
});

/** Whatever a call could have changed, in every process. */
async function stateOfAll(): Promise<unknown> {
  const { urls } = seeded.lab;
  const read = async (base: string, path: string): Promise<unknown> => (await fetch(new URL(path, base))).json();
  const healths = targets.filter(({ service }) => service === "directory-health");
  return {
    control: await Promise.all(["/v1/map", "/v1/operator", "/v1/revocations"].map((path) => read(urls.control, path))),
    keys: await read(urls.auth, "/.well-known/jwks.json"),
    mail: await Promise.all(["/v1/ledger?after=0&limit=9", "/v1/lanes"].map((path) => read(urls.mailApi, path))),
    proxies: Object.values((await read(urls.fault, "/proxies")) as Readonly<Record<string, Proxy>>).map(asOrdered),
    directory: await Promise.all(
      healths.map(async ({ url }) => ({ ...((await read(url, "/health")) as object), uptimeMs: undefined })),
    ),
  };
}

const livesNow = () => seeded.lab.processes().map((process) => ({ ...process, state: stateOf(process) }));

test("every mistake on every route has the promised answer, changes nothing and ends no process", async () => {
  const [lives, before] = [livesNow(), await stateOfAll()];
  const mistakes = (target: Target) =>
    askingsOf(target).flatMap((asking) => [...mistakesOf(asking)].map((mistake) => [asking.row, mistake] as const));
  const wrong: string[] = [];
  for (const target of targets) wrong.push(...(await play(target, mistakes(target), answerWithinMs, askers)));
  expect(wrong).toEqual([]);
  expect(await stateOfAll()).toEqual(before);
  expect(livesNow()).toEqual(lives);
});

/** Every body that could stop coming does, all at once. */
async function playSlow(): Promise<readonly string[]> {
  const wrong = targets.map((target) => {
    const bodies = askingsOf(target)
      .filter(({ row }) => !row.route.startsWith("GET "))
      .map((asking) => [asking.row, slowBody(asking)] as const);
    return play(target, bodies, slowWithinMs, bodies.length);
  });
  return (await Promise.all(wrong)).flat();
}

test("a body that stops coming is ended by the service, and the service goes on", async () => {
  const [lives, before] = [livesNow(), await stateOfAll()];
  expect(await slow).toEqual([]);
  expect(await stateOfAll()).toEqual(before);
  expect(livesNow()).toEqual(lives);
});

test("the fault proxies let no browser in, and pass over what Toxiproxy does", async () => {
  const [base] = targets.filter(({ service }) => service === "fault").map(({ url }) => url);
  if (base === undefined) throw new Error("a lab has fault proxies");
  const asked = (line: string, body: string): Promise<Said> =>
    say(base, `${line}\r\nhost: test\r\ncontent-length: ${body.length}\r\n\r\n${body}`, answerWithinMs);
  expect((await asked("POST /reset HTTP/1.1\r\norigin: http://evil.example", "")).status).toBe(403);
  const change =
    '{"enabled":true,"other":1,"__proto__":{"enabled":false},"constructor":{"prototype":{"enabled":false}}}';
  const passed = await asked(`PATCH /proxies/${staged.proxy} HTTP/1.1\r\ncontent-type: text/plain`, change);
  expect([passed.status, JSON.parse(passed.body)]).toMatchObject([200, { name: staged.proxy, enabled: true }]);
});

test("without its mistake every call is taken, and neither passwords, hashes nor tokens are in a log", async () => {
  const { lab, population } = seeded;
  const tokens: string[] = [];
  for (const target of targets)
    for (const asking of askingsOf(target)) {
      const { route, taken } = asking.row;
      // Whatever came before may have left a partition unavailable for a moment.
      const { status, body } = await until(`${target.name} takes ${route}`, readyWithinMs, async () => {
        const said = await say(target.url, goodCall(asking), answerWithinMs);
        return said.status === problemTypes.unavailable.status ? undefined : said;
      });
      expect({ of: target.name, route, status, body }).toEqual({ of: target.name, route, status: taken, body });
      if (route === "POST /v1/sign-in") tokens.push((JSON.parse(body) as { token: string }).token);
    }
  expect(tokens.length).toBe(1);
  const secrets = [lab.token, ...tokens, ...population.users.flatMap(({ password, phc }) => [password, phc])];
  expect(findSecrets(lab.dir, secrets)).toEqual([]);
});
