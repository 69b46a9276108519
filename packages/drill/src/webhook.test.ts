/** The word to a webhook, against real servers: one that takes it, one that refuses, one that never answers, and none. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { isWebhookUrl, tellWebhook } from "./webhook.ts";

/** Of the tries against servers that answer: no host is slower. */
const patientMs = 20_000;
const impatientMs = 150;
const word = { event: "stop", drill: "a-drill", seed: "7f3a", verdict: "held" } as const;

interface Heard {
  readonly method: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

/** A server on a port of its own that notes what it hears and answers by `answer`. */
async function listener(answer: (heard: readonly Heard[], response: ServerResponse) => void) {
  const heard: Heard[] = [];
  const bodyOf = async (request: IncomingMessage): Promise<string> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      heard.push({ method: request.method, type: request.headers["content-type"], body: JSON.parse(text) });
      answer(heard, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hooks/secret-path`,
    port,
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function failuresOf(url: string, timeoutMs = patientMs): Promise<readonly string[]> {
  const failures: string[] = [];
  await tellWebhook(url, word, timeoutMs, (why) => failures.push(why));
  return failures;
}

test("a webhook hears the word once, as JSON, and nothing is said", async () => {
  await using server = await listener((_, response) => response.writeHead(204).end());
  expect(await failuresOf(server.url)).toEqual([]);
  expect(server.heard).toEqual([{ method: "POST", type: "application/json", body: word }]);
});

test("one that refuses is tried a second time, which may do", async () => {
  await using server = await listener((heard, response) => response.writeHead(heard.length === 1 ? 503 : 200).end());
  expect(await failuresOf(server.url)).toEqual([]);
  expect(server.heard).toHaveLength(2);
});

test("one that refuses twice is given up, and its path is not told", async () => {
  await using server = await listener((_, response) => response.writeHead(500).end());
  expect(await failuresOf(server.url)).toEqual([
    `the webhook at http://127.0.0.1:${server.port} was not told of the stop: it answered 500`,
  ]);
  expect(server.heard).toHaveLength(2);
});

test("one that never answers is given up after two bounded tries", async () => {
  await using server = await listener(() => {});
  const [failure] = await failuresOf(server.url, impatientMs);
  expect(failure).toContain("no answer in 150 ms");
});

test("one that is not there is given up", async () => {
  const closed = await listener(() => {});
  await closed[Symbol.asyncDispose]();
  expect((await failuresOf(closed.url))[0]).toContain("it could not be reached");
});

test("one that sends the word on elsewhere is not followed, and that is said", async () => {
  await using server = await listener((_, response) => response.writeHead(307, { location: "/elsewhere" }).end());
  expect((await failuresOf(server.url))[0]).toContain("it answered 307, which sends the word on elsewhere");
  expect(server.heard).toHaveLength(2);
});

test("of one that answers what is no HTTP, or nothing, it is said what it did", async () => {
  await using rubbish = await listener((_, response) => response.socket?.end("220 mx.example ESMTP\r\n"));
  expect((await failuresOf(rubbish.url))[0]).toContain("what it answered is not HTTP");
  await using silent = await listener((_, response) => response.socket?.destroy());
  expect((await failuresOf(silent.url))[0]).toContain("it hung up without an answer");
});

test("an address of HTTP is one, and no other", () => {
  expect(["http://127.0.0.1:1/x", "https://example.org"].map(isWebhookUrl)).toEqual([true, true]);
  expect(["http://ann@example.org", "http://:secret@example.org"].map(isWebhookUrl)).toEqual([false, false]);
  expect(["", "example.org", "ftp://example.org", "file:///etc/passwd"].map(isWebhookUrl)).toEqual([
    false,
    false,
    false,
    false,
  ]);
});
