/** Toxics as one order: fault proxies of the test's own, of which one answers badly. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { createFaultClient, type FaultClient } from "@cordon/fault";
import { addToEach, removeToxic } from "./toxics.ts";

const toxic = { type: "silent", name: "mine", leaseMs: 1_000 } as const;
const callMs = 2_000;

/** How one proxy answers an order; `lost`: it is carried out, and the connection breaks before the answer. */
type Answer = "well" | "refused" | "lost";

interface Proxies extends AsyncDisposable {
  readonly client: FaultClient;
  /** Where the toxic stands. */
  readonly standing: ReadonlySet<string>;
}

/** The proxies p3a, p3b and p3c; each adds and removes as it is told. */
async function proxies(adds: Record<string, Answer>, removes: Record<string, Answer>): Promise<Proxies> {
  const standing = new Set<string>();
  const obey = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    const name = request.url?.split("/")[2] ?? "";
    const isAdd = request.method === "POST";
    const answer = (isAdd ? adds[name] : removes[name]) ?? "well";
    response.setHeader("connection", "close");
    if (answer === "refused") return void response.writeHead(409).end('{"error":"too many toxics"}');
    const wasThere = standing.has(name);
    if (isAdd) standing.add(name);
    else standing.delete(name);
    if (answer === "lost") return void request.socket.destroy();
    const state = { ...toxic, stream: "downstream", toxicity: 1, attributes: {}, applied: 0 };
    if (isAdd) response.writeHead(200).end(JSON.stringify(state));
    else response.writeHead(wasThere ? 204 : 404).end();
  };
  const server = createServer(obey);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = createFaultClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, callMs);
  return { client, standing, [Symbol.asyncDispose]: async () => void server.close() };
}

const targets = ["p3a", "p3b", "p3c"];

test("an order that every proxy takes stands on all of them", async () => {
  await using at = await proxies({}, {});
  const added = await addToEach(at.client, targets, toxic);
  expect([added.map(({ target }) => target), [...at.standing]]).toEqual([targets, targets]);
});

test.each<Answer>(["refused", "lost"])("an order whose second answer is %s stands nowhere", async (answer) => {
  await using at = await proxies({ p3b: answer }, {});
  await expect(addToEach(at.client, targets, toxic)).rejects.toThrow(
    answer === "refused" ? /^too many toxics$/ : /^the fault proxies do not answer: [^\n]*$/,
  );
  expect([...at.standing]).toEqual([]);
});

test("what could not be taken away again is said, with the command that does", async () => {
  await using at = await proxies({ p3b: "lost" }, { p3a: "refused" });
  await expect(addToEach(at.client, targets, toxic)).rejects.toThrow(
    /do not answer[^\n]*\nmine may stand on p3a: cordon fault rm p3a mine$/,
  );
  expect([...at.standing]).toEqual(["p3a"]);
});

test("a toxic that is not there is gone; a removal that is refused is not passed over", async () => {
  await using at = await proxies({}, { p3b: "refused" });
  await expect(removeToxic(at.client, "p3a", "mine")).resolves.toBeUndefined();
  await expect(removeToxic(at.client, "p3b", "mine")).rejects.toThrow("too many toxics");
});
