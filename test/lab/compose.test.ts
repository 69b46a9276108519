/**
 * The commands of docker-compose.yml with its configuration, as processes on the loopback: prepared once, started in the
 * order in which they wait for one another, filled. A user signs in and a mail is delivered; a second preparation changes
 * neither token nor key; and everything ends by itself when it is told to.
 */
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { populate } from "@cordon/lab";
import { requires, thisMachine } from "@cordon/provision";
import { signIn } from "../crash/sign-in-load.ts";
import { freePorts, inOrder, placeOnLoopback, readCompose, runCommands, type Ports } from "../support/compose.ts";
import { openSession } from "../support/smtp.ts";
import { until } from "../support/until.ts";

const callMs = 5_000;
/** On a host that others keep busy everything comes later: how fast it is, is not asked here. */
const withinMs = 180_000;
const limitMs = 600_000;
/** More than the compose file speaks of: eleven services, a proxy for each role instance, a Redis for each partition. */
const portCount = 64;
const compose = readCompose();

/** Whether a service is healthy, by its own check, asked from here. */
async function isHealthy(name: string, ports: Ports, configs: string): Promise<boolean> {
  const check = compose.services[name]?.healthcheck?.test.join(" ") ?? "";
  const [, port, path] = /http:\/\/127\.0\.0\.1:(\d+)(\/\w+)/.exec(check) ?? [];
  if (port === undefined || path === undefined)
    return pings(ports.of(name, 6379), passwordIn(join(configs, `${name}.conf`)));
  const url = `http://127.0.0.1:${ports.of(name, Number(port))}${path}`;
  return fetch(url, { signal: AbortSignal.timeout(callMs) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

const passwordIn = (conf: string): string => /^requirepass (\w+)$/m.exec(readFileSync(conf, "utf8"))?.[1] ?? "";

async function pings(port: number, password: string): Promise<boolean> {
  const socket = connect(port, "127.0.0.1").setTimeout(callMs, () => socket.destroy());
  socket.on("error", () => {});
  socket.write(`AUTH ${password}\r\nPING\r\n`);
  let said = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    said += String(chunk);
    if (said.includes("+PONG")) break;
  }
  return said.includes("+PONG");
}

test(
  "its commands, started as processes with its configuration, sign a user in and deliver a mail",
  { timeout: limitMs },
  async (context) => {
    const redis = await requires("redis-server", context, thisMachine());
    await using scope = new AsyncDisposableStack();
    const root = mkdtempSync(join(tmpdir(), "cordon-compose-"));
    scope.defer(() => rmSync(root, { recursive: true, force: true }));
    const lab = join(root, "lab");
    const plan = join(root, "plan.yaml");
    mkdirSync(lab);
    writeFileSync(plan, (compose.configs["plan"]?.content ?? "").replace("dir: /lab", `dir: ${lab}`));
    const runs = scope.use(
      runCommands({
        lab,
        files: { "/plan.yaml": plan },
        programs: {
          node: { program: process.execPath, environment: {} },
          "redis-server": { program: redis.program, environment: redis.environment },
        },
      }),
    );
    const commandOf = (name: string): readonly string[] => compose.services[name]?.command ?? [];
    const completes = async (name: string): Promise<void> => {
      const [code] = (await once(runs.start(name, commandOf(name)), "close")) as [number | null];
      expect([name, code]).toEqual([name, 0]);
    };

    await completes("prepare");
    const secrets = (): readonly string[] =>
      ["token", "keys/map.private.pem"].map((file) => readFileSync(join(lab, file), "utf8"));
    const made = secrets();
    await completes("prepare");
    expect(secrets()).toEqual(made);

    const ports = await freePorts(portCount);
    const names = Object.keys(compose.services);
    placeOnLoopback(join(lab, "config"), names, ports, (name) => {
      const data = join(root, name);
      mkdirSync(data, { recursive: true });
      return data;
    });
    for (const name of inOrder(compose.services)) {
      if (name === "prepare") continue;
      for (const needed of Object.keys(compose.services[name]?.depends_on ?? {}).filter((one) => one !== "prepare"))
        await until(`${needed} is healthy`, withinMs, () => isHealthy(needed, ports, join(lab, "config")));
      if (compose.services[name]?.restart === "no") await completes(name);
      else runs.start(name, commandOf(name));
    }

    for (const { address, password, partition } of populate(["p1", "p2", "p3", "p4"], 8).users)
      await until(`a user of ${partition} signs in`, withinMs, async () => {
        return (await signIn(`http://127.0.0.1:${ports.of("auth", 8080)}`, address, password, callMs)) === "served";
      });
    await until("mail is healthy", withinMs, () => isHealthy("mail", ports, join(lab, "config")));
    using session = await openSession(`127.0.0.1:${ports.of("mail", 2525)}`, callMs);
    const to = "user1@tenant5.example";
    const text = "From: <a@b.example>\r\n\r\nhello";
    expect(await session?.send({ from: "a@b.example", to: [to], text })).toMatchObject({
      outcome: "ok",
      accepted: [to],
    });
    const folder = join(lab, "maildirs", to, "new");
    await until("the mail is there", withinMs, () => existsSync(folder) && readdirSync(folder).length === 1);

    const ends = await runs.end();
    // By themselves, that is; one that took longer over it than a busy host lets it has another code than 0.
    expect([...ends].filter(([, code]) => code === null)).toEqual([]);
    expect(ends.size).toBe(names.length);
  },
);
