import { createServer as createHttp } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasProc, identityOf, sendSignal, stateOf, systemClock } from "@cordon/runtime";
import { stepSign, watchMachinery, well } from "./ailing.ts";
import { startLabOf } from "./lab.ts";
import { settingsOf } from "./presets.ts";
import { smallLab, standInParts } from "./small-lab.fixture.ts";
import { until, workingDirectory } from "./testing.fixture.ts";

test("one look makes nobody ail, two in a row do, as of the first, and one good look clears it", () => {
  const first = stepSign(well, "is stopped", 1_000);
  expect(first).toEqual({ state: "doubtful", since: 1_000 });
  const second = stepSign(first, "is stopped", 1_500);
  expect(second).toEqual({ state: "ailing", since: 1_000, why: "is stopped" });
  expect(stepSign(second, "does not answer", 2_000)).toEqual({
    state: "ailing",
    since: 1_000,
    why: "does not answer",
  });
  expect([stepSign(first, undefined, 1_500), stepSign(second, undefined, 2_000)]).toEqual([well, well]);
});

test("who lives and does not answer is ailing, who answers is not", async () => {
  await using place = workingDirectory();
  await using scope = new AsyncDisposableStack();
  const listening = async (server: Server, at: { path: string } | { port: number; host: string }): Promise<Server> => {
    server.listen(at);
    await once(server, "listening");
    scope.defer(() => void server.close());
    return server;
  };
  const here = { port: 0, host: "127.0.0.1" };
  const silent = await listening(createServer(), here);
  const http = createHttp((_request, response) => response.end("{}"));
  scope.defer(() => http.closeAllConnections());
  const speaking = await listening(http, here);
  const linkSocket = join(place.root, "link");
  const links: { destroy(): void }[] = [];
  scope.defer(() => {
    for (const link of links) link.destroy();
  });
  await listening(
    createServer((link) => void links.push(link)),
    { path: linkSocket },
  );
  const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const living = (name: string) => ({ name, ...identityOf(process.pid) });
  const watch = watchMachinery({
    processes: () => ["control", "fault", "supervisor"].map(living),
    controlUrl: urlOf(silent),
    faultUrl: urlOf(speaking),
    linkSocket,
    clock: systemClock,
  });
  scope.defer(() => watch.close());
  const ailing = await until("three ail", () => watch.ailing().length >= 3 && watch.ailing());
  expect(ailing.map(({ name, why }) => [name, why])).toEqual([
    ["control", "does not answer"],
    ["supervisor", "does not answer"],
    ["guardian", "has ended"],
  ]);
  watch.close();
  expect(watch.ailing()).toEqual([]);
});

// Without /proc no process may be stopped by its pid alone.
test.skipIf(!hasProc())(
  "where nobody is fenced, the runner hears of a control and fault proxies that are stopped, and that they go on (needs /proc)",
  { timeout: 90_000 },
  async () => {
    await using place = workingDirectory();
    const options = { ...smallLab(place.root, "ailing"), settings: settingsOf("on", ["fence"]) };
    await using lab = await startLabOf(standInParts, options, new AbortController().signal);
    expect(lab.ailing()).toEqual([]);
    const struck = lab.processes().filter(({ name }) => name === "control" || name === "fault");
    for (const one of struck) {
      lab.journal.frozen(one);
      sendSignal("SIGSTOP", one);
    }
    const ailing = await until("both ail", () => lab.ailing().length === 2 && lab.ailing());
    expect(ailing.map(({ name, why }) => [name, why])).toEqual([
      ["control", "is stopped"],
      ["fault", "is stopped"],
    ]);
    expect(struck.map(stateOf)).toEqual(["frozen", "frozen"]);
    for (const one of struck) sendSignal("SIGCONT", one);
    await until("nobody ails", () => lab.ailing().length === 0);
  },
);
