/**
 * docker-compose.yml as a test reads it, and its services started as processes of this machine: the same commands with the
 * same configuration, with free ports of the loopback in the place of host names, and folders in that of volumes. What a
 * container engine adds (networks, users, restarts) is not there, and nothing here says that it works.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "./sources.ts";

type Condition = "service_started" | "service_healthy" | "service_completed_successfully";

export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly command: readonly string[];
  readonly restart: string;
  readonly networks?: readonly string[];
  readonly network_mode?: string;
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: Condition }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
  readonly networks: Readonly<Record<string, unknown>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const readCompose = (): Compose =>
  parse(readFileSync(join(ROOT, "docker-compose.yml"), "utf8"), { merge: true }) as Compose;

/** Services so that each comes after those it depends on. */
export function inOrder(services: Compose["services"]): readonly string[] {
  const ordered: string[] = [];
  const place = (name: string, above: readonly string[]): void => {
    if (above.includes(name)) throw new Error(`${name} waits for itself`);
    for (const needed of Object.keys(services[name]?.depends_on ?? {})) place(needed, [...above, name]);
    if (!ordered.includes(name)) ordered.push(name);
  };
  for (const name of Object.keys(services)) place(name, []);
  return ordered;
}

/** Where a port of a service is on this machine. */
export interface Ports {
  /** Port of the loopback that stands for `port` of the container `name`; always the same one. */
  of(name: string, port: number): number;
}

/** Free ports for whatever the files of configuration below `dir`, and the published ports, speak of. */
export async function freePorts(count: number): Promise<Ports> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      return server;
    }),
  );
  const free = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
    return address.port;
  });
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  const given = new Map<string, number>();
  return {
    of(name, port) {
      const key = `${name}:${port}`;
      const there = given.get(key) ?? free.pop();
      if (there === undefined) throw new Error(`more than ${count} ports are spoken of`);
      given.set(key, there);
      return there;
    },
  };
}

/** Puts ports of the loopback into the files of configuration in `folder`, in the place of host names and of every address. */
export function placeOnLoopback(
  folder: string,
  names: readonly string[],
  ports: Ports,
  dataOf: (name: string) => string,
): void {
  const hosts = new RegExp(`\\b(${names.join("|")}):(\\d+)`, "g");
  for (const file of readdirSync(folder)) {
    const name = file.replace(/\.(yaml|conf)$/, "");
    const path = join(folder, file);
    const text = readFileSync(path, "utf8")
      .replaceAll(hosts, (_, host: string, port: string) => `127.0.0.1:${ports.of(host, Number(port))}`)
      .replaceAll(/0\.0\.0\.0:(\d+)/g, (_, port: string) => `127.0.0.1:${ports.of(name, Number(port))}`)
      .replaceAll(
        /"host": "0\.0\.0\.0",\s*"port": (\d+)/g,
        (_, port: string) => `"host": "127.0.0.1", "port": ${ports.of(name, Number(port))}`,
      )
      .replace("bind 0.0.0.0", "bind 127.0.0.1")
      .replace(/^port (\d+)$/m, (_, port: string) => `port ${ports.of(name, Number(port))}`)
      .replace(/^dir "\/data"$/m, () => `dir ${JSON.stringify(dataOf(name))}`);
    writeFileSync(path, text);
  }
}

export interface Runs extends AsyncDisposable {
  /** Starts a command of the compose file; `/lab` is `lab` here, and other files are where `files` says. */
  start(name: string, command: readonly string[]): ChildProcess;
  /** Ends what still runs, by pid, and says how each process ended. */
  end(): Promise<ReadonlyMap<string, number | null>>;
}

const endWithinMs = 30_000;

export function runCommands(parts: {
  readonly lab: string;
  readonly files: Readonly<Record<string, string>>;
  /** Program of the compose file -> the one to run, and what is to be set for it. */
  readonly programs: Readonly<Record<string, { readonly program: string; readonly environment: NodeJS.ProcessEnv }>>;
}): Runs {
  const children = new Map<string, ChildProcess>();
  const log = join(parts.lab, "log");
  mkdirSync(log, { recursive: true });
  const end = async (): Promise<ReadonlyMap<string, number | null>> => {
    const ends = [...children].map(async ([name, child]): Promise<[string, number | null]> => {
      if (child.exitCode !== null || child.signalCode !== null) return [name, child.exitCode];
      const overdue = setTimeout(() => child.kill("SIGKILL"), endWithinMs);
      child.kill("SIGTERM");
      await once(child, "close");
      clearTimeout(overdue);
      return [name, child.exitCode];
    });
    return new Map(await Promise.all(ends));
  };
  return {
    start(name, [word = "", ...words]) {
      const known = parts.programs[word];
      if (known === undefined) throw new Error(`${name} runs ${word}, which nobody provides here`);
      const args = words.map((one) => parts.files[one] ?? one.replace(/^\/lab(?=\/|$)/, parts.lab));
      const child = spawn(known.program, args, {
        cwd: ROOT,
        stdio: ["ignore", "pipe", "pipe"],
        env: { PATH: process.env["PATH"], ...known.environment },
      });
      for (const stream of [child.stdout, child.stderr])
        stream.on("data", (chunk: Buffer) => writeFileSync(join(log, `${name}.log`), chunk, { flag: "a" }));
      children.set(name, child);
      return child;
    },
    end,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}
