/**
 * What a fault proxy without toxics costs over the least that a proxy in Node can be, a bare pipe: small requests and bulk,
 * in one run, the two taking turns several times within each round (pipe, proxy, proxy, pipe), so that whatever the host does
 * meanwhile falls on both. Judged are the share of the pipe's rate and of its CPU time. And how long a control call takes while 500
 * connections are stalled, which is when somebody wants to take a fault away.
 */
import { connect, type Socket } from "node:net";
import { once } from "node:events";
import type { PipeArgs, PipeReady } from "./children/bare-pipe.ts";
import type { UpstreamArgs, UpstreamReady } from "./children/pipe-upstream.ts";
import { startChild } from "./support/child.ts";
import { cpuUsOf } from "./support/cpu.ts";
import { startFaultProcess } from "./support/fault-process.ts";
import { pin } from "./support/pinning.ts";
import { printReport } from "./support/result.ts";
import { measureRounds, roundsOf, type Contestant, type Reading } from "./support/rounds.ts";

const rounds = roundsOf(process.argv, 7);
/** In a round pipe and proxy take turns so often: what the host does for a second or two falls on both. */
const turns = 4;
const requests = 5_000;
const connections = 8;
/** Whole chunks of 64 KiB. */
const bulkBytes = 1_024 * 65_536;
const stalledLinks = 500;
const controlCalls = 400;
const request = Buffer.alloc(200, "x");
const chunk = Buffer.alloc(65_536, "x");

/** A proxy that is measured: where it listens, and which process does the work. */
interface Measured {
  readonly pid: number;
  readonly port: number;
}

/** A bare pipe and a fault proxy before the same upstream. */
interface Pair {
  readonly pipe: Measured;
  readonly proxy: Measured;
}

/** What so many units of work took: milliseconds, and CPU microseconds of the proxy. */
interface Cost {
  readonly units: number;
  readonly ms: number;
  readonly cpuUs: number;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  return socket;
}

/** `requests` requests of 200 bytes, each sent back whole before its connection sends the next. */
async function small({ pid, port }: Measured): Promise<Cost> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => dial(port)));
  let left = requests;
  const ping = (socket: Socket): Promise<void> =>
    new Promise((resolve, reject) => {
      let missing = 0;
      const ask = (): void => {
        if (left-- <= 0) return resolve();
        missing = request.length;
        socket.write(request);
      };
      socket.on("error", reject);
      socket.on("data", (data) => {
        missing -= data.length;
        if (missing === 0) ask();
      });
      ask();
    });
  const [began, cpu] = [performance.now(), cpuUsOf(pid)];
  await Promise.all(sockets.map(ping));
  const cost = { units: requests, ms: performance.now() - began, cpuUs: cpuUsOf(pid) - cpu };
  for (const socket of sockets) socket.destroy();
  return cost;
}

/** Takes bytes from one connection as fast as they come. The unit is a megabyte. */
async function download({ pid, port }: Measured): Promise<Cost> {
  const socket = await dial(port);
  const [began, cpu] = [performance.now(), cpuUsOf(pid)];
  let taken = 0;
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("data", (data) => {
      taken += data.length;
      if (taken >= bulkBytes) resolve();
    });
  });
  const cost = { units: taken / 1e6, ms: performance.now() - began, cpuUs: cpuUsOf(pid) - cpu };
  socket.destroy();
  return cost;
}

/** Sends bytes over one connection as fast as they are taken, until the other end has them all. The unit is a megabyte. */
async function upload({ pid, port }: Measured): Promise<Cost> {
  const socket = await dial(port);
  const [began, cpu] = [performance.now(), cpuUsOf(pid)];
  const taken = once(socket, "data");
  for (let sent = 0; sent < bulkBytes; sent += chunk.length) {
    if (!socket.write(chunk)) await once(socket, "drain");
  }
  await taken;
  const cost = { units: bulkBytes / 1e6, ms: performance.now() - began, cpuUs: cpuUsOf(pid) - cpu };
  socket.destroy();
  return cost;
}

/** Pipe and proxy in one round, and the one as a share of the other. */
async function besidePipe(cost: (measured: Measured) => Promise<Cost>, { pipe, proxy }: Pair): Promise<Reading> {
  const bare: Cost[] = [];
  const ours: Cost[] = [];
  for (let turn = 0; turn < turns; turn++) {
    bare.push(await cost(pipe));
    ours.push(await cost(proxy), await cost(proxy));
    bare.push(await cost(pipe));
  }
  const [pipeRate, rate, pipeCpu, cpu] = [rateOf(bare), rateOf(ours), cpuOf(bare), cpuOf(ours)];
  return { pipeRate, rate, rateShare: (100 * rate) / pipeRate, pipeCpu, cpu, cpuShare: (100 * cpu) / pipeCpu };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const unitsOf = (costs: readonly Cost[]): number => sum(costs.map(({ units }) => units));
/** Units a second. */
const rateOf = (costs: readonly Cost[]): number => (1000 * unitsOf(costs)) / sum(costs.map(({ ms }) => ms));
/** CPU microseconds a unit. */
const cpuOf = (costs: readonly Cost[]): number => sum(costs.map(({ cpuUs }) => cpuUs)) / unitsOf(costs);

async function call(method: string, path: string, body?: object): Promise<unknown> {
  const response = await fetch(new URL(path, fault.api), { method, ...(body && { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

async function makeProxy(name: string, upstream: number): Promise<number> {
  const made = (await call("POST", "/proxies", { name, upstream: `127.0.0.1:${upstream}` })) as { listen: string };
  return Number(made.listen.split(":")[1]);
}

/** Control calls, one after another, to a proxy whose every link is stalled. All of them stay so, or it throws. */
async function controlBesideStalled(): Promise<Reading> {
  const port = await makeProxy("stalled", upstream.ready.echo);
  await call("POST", "/proxies/stalled/toxics", { type: "silent", name: "s" });
  const sockets = await Promise.all(Array.from({ length: stalledLinks }, () => dial(port)));
  for (const socket of sockets) {
    socket.on("error", () => {});
    socket.write(request);
  }
  const tookMs: number[] = [];
  const timed = async (method: string, path: string, body?: object): Promise<void> => {
    const began = performance.now();
    await call(method, path, body);
    tookMs.push(performance.now() - began);
  };
  const toxics = "/proxies/stalled/toxics";
  for (let turn = 0; turn < controlCalls / 4; turn++) {
    await timed("POST", toxics, { type: "latency", name: "l", attributes: { latency: 10 } });
    await timed("PATCH", `${toxics}/l`, { attributes: { latency: 20 } });
    await timed("GET", "/proxies/stalled");
    await timed("DELETE", `${toxics}/l`);
  }
  const { counters } = (await call("GET", "/proxies/stalled")) as { counters: { open: number; bytesDown: number } };
  if (counters.open !== stalledLinks || counters.bytesDown > 0) throw new Error("a link did not stay stalled");
  for (const socket of sockets) socket.destroy();
  await call("DELETE", "/proxies/stalled");
  const sorted = tookMs.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { controlP50: at(0.5), controlP99: at(0.99) };
}

await using scope = new AsyncDisposableStack();
const pinned = pin(process.pid, "other");
const upstreamArgs: UpstreamArgs = { sinkBytes: bulkBytes };
const upstream = scope.use(await startChild<UpstreamReady>("pipe-upstream.ts", upstreamArgs, "other"));
const fault = scope.use(await startFaultProcess("measured"));
const pairFor = async (name: string, port: number): Promise<Pair> => {
  const args: PipeArgs = { upstream: port };
  const pipe = scope.use(await startChild<PipeReady>("bare-pipe.ts", args, "measured"));
  return { pipe: { pid: pipe.pid, port: pipe.ready }, proxy: { pid: fault.pid, port: await makeProxy(name, port) } };
};
const pairs = {
  small: await pairFor("small", upstream.ready.echo),
  download: await pairFor("download", upstream.ready.source),
  upload: await pairFor("upload", upstream.ready.sink),
};

const contestants: readonly Contestant[] = [
  {
    name: "small requests",
    contains: `${2 * turns * requests} of ${request.length} bytes and back, ${connections} connections; a second, and CPU us each`,
    reference: undefined,
    measure: () => besidePipe(small, pairs.small),
  },
  {
    name: "bulk to the client",
    contains: `${Math.round((2 * turns * bulkBytes) / 1e6)} MB, one connection at a time; MB a second, and CPU us a MB`,
    reference: undefined,
    measure: () => besidePipe(download, pairs.download),
  },
  {
    name: "bulk upstream",
    contains: "the same the other way",
    reference: undefined,
    measure: () => besidePipe(upload, pairs.upload),
  },
  {
    name: "control call",
    contains: `${controlCalls} calls that add, change, show and remove a toxic, while ${stalledLinks} links are stalled`,
    reference: undefined,
    measure: controlBesideStalled,
  },
];
printReport(
  {
    bench: "fault-proxy",
    title: "a fault proxy without toxics beside a bare pipe in Node, in turn several times a round",
    rounds,
    units: {
      pipeRate: "requests or MB a second through the pipe",
      rate: "requests or MB a second through the proxy",
      rateShare: "% of the pipe's rate",
      pipeCpu: "CPU us of the pipe, a request or MB",
      cpu: "CPU us of the proxy, a request or MB",
      cpuShare: "% of the pipe's CPU time",
      controlP50: "ms",
      controlP99: "ms",
    },
    rows: [...(await measureRounds(contestants, rounds))],
    notes: ["Aim: at least 95 % of the pipe's rate; control calls in 100 ms at p99."],
    pinned,
    columns: [
      { heading: "pipe/s", figure: "pipeRate", show: "median", digits: 0 },
      { heading: "proxy/s", figure: "rate", show: "median", digits: 0 },
      { heading: "share %", figure: "rateShare", show: "median", digits: 1 },
      { heading: "pipe us", figure: "pipeCpu", show: "median", digits: 1 },
      { heading: "proxy us", figure: "cpu", show: "median", digits: 1 },
      { heading: "% CPU", figure: "cpuShare", show: "median", digits: 1 },
      { heading: "p99 ms", figure: "controlP99", show: "median", digits: 1 },
    ],
  },
  process.argv,
);
