/**
 * A program for tests that stands where auth or mail would: a process of a lab with a real link to the supervisor, whose
 * judgements and hashing seats are ordered over HTTP by the test.
 *
 *   POST /judge {partition, operation, colour, suspectsItself}     it says so to the supervisor
 *   POST /seat  {queue, remainingMs, holdMs}  -> {kind, tookMs}    it asks for a seat, holds it, gives it back
 *   POST /hang  {}                                                 its event loop stands still for good
 */
import { createServer, type Server } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { Type } from "typebox";
import {
  ListenSchema,
  ProcessConfigSchema,
  readConfig,
  runProcess,
  type Listen,
  type SupervisorLink,
} from "@cordon/runtime";

const StandInConfigSchema = Type.Object(
  { ...ProcessConfigSchema.properties, listen: Type.Optional(ListenSchema), api: Type.Optional(ListenSchema) },
  { additionalProperties: true },
);

type Judgement = Parameters<SupervisorLink["judge"]>[0];

const judgements = new Map<string, Judgement>();

await runProcess(
  (file) => readConfig(StandInConfigSchema, file),
  process.argv,
  async ({ config, link }) => {
    const server = createServer((request, response) => {
      void text(request)
        .then((body) => obey(link, request.url ?? "", body))
        .then((answer) => response.end(JSON.stringify(answer)));
    });
    const at = config.listen ?? config.api ?? { host: "127.0.0.1", port: 0 };
    const url = await listening(server, at);
    const here = new URL(url).host;
    // A judgement is repeated until another replaces it, as callers do.
    const repeat = setInterval(() => {
      for (const judgement of judgements.values()) link.judge(judgement);
    }, 500);
    return {
      ports: { service: url, api: url, mx: here, submission: here },
      close: async () => {
        clearInterval(repeat);
        server.closeAllConnections();
        server.close();
      },
    };
  },
);

async function obey(link: SupervisorLink, path: string, body: string): Promise<unknown> {
  if (path === "/judge") {
    const judgement = JSON.parse(body) as Judgement;
    judgements.set(`${judgement.partition} ${judgement.operation}`, judgement);
    link.judge(judgement);
    return {};
  }
  if (path === "/hang") return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  const { queue, remainingMs, holdMs } = JSON.parse(body) as { queue: string; remainingMs: number; holdMs: number };
  const began = performance.now();
  const answer = await link.askSeat(queue, remainingMs);
  const tookMs = performance.now() - began;
  if (answer.kind === "seat") {
    await delay(holdMs);
    answer.giveBack();
  }
  return { kind: answer.kind, tookMs };
}

function listening(server: Server, { host, port }: Listen): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      if (address === null || typeof address === "string") throw new Error("it listens on no port");
      resolve(`http://${host}:${address.port}`);
    });
  });
}
