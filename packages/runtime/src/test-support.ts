/**
 * What the tests of the ground share: a folder that ends with its scope, waiting for a condition, and a supervisor's end
 * of the link over a real unix socket, which says only what a test makes it say.
 */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { maxLinkLineBytes, UpLineSchema, type DownLine, type UpLine } from "@cordon/model";
import { createLineParser, createLineSplitter } from "./lines.ts";

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "runtime-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Resolves with what `find` finds, once it finds something. It asks again and again; the test's own limit ends it. */
export async function found<T>(find: () => T | undefined): Promise<T> {
  for (;;) {
    const value = find();
    if (value !== undefined) return value;
    await setTimeout(2);
  }
}

export const until = (holds: () => boolean): Promise<true> => found(() => holds() || undefined);

export interface TestSupervisor extends AsyncDisposable {
  readonly socket: string;
  /** Every line heard so far, over all connections, beats apart. */
  readonly heard: readonly UpLine[];
  readonly beats: () => number;
  readonly connections: () => number;
  say(line: DownLine): void;
  /** Bytes as they are, for what is no line. */
  sayRaw(text: string): void;
  hangUp(): void;
}

/** Listens at `socket`. It never says anything by itself: no beats either. */
export async function startSupervisor(socket: string): Promise<TestSupervisor> {
  const heard: UpLine[] = [];
  const open = new Set<Socket>();
  const parse = createLineParser(UpLineSchema);
  let beats = 0;
  let connections = 0;
  const server = createServer((mine) => {
    connections += 1;
    open.add(mine);
    const splitter = createLineSplitter(maxLinkLineBytes, (text) => {
      const line = parse(text);
      if (line === undefined) throw new Error(`not a line of the link: ${text}`);
      if (line.type === "beat") beats += 1;
      else heard.push(line);
    });
    mine.on("data", (chunk: Buffer) => splitter.push(chunk));
    mine.on("error", () => {});
    mine.on("close", () => open.delete(mine));
  });
  server.listen(socket);
  await once(server, "listening");
  const sayRaw = (text: string): void => {
    for (const mine of open) mine.write(text);
  };
  const hangUp = (): void => {
    for (const mine of open) mine.destroy();
  };
  return {
    socket,
    heard,
    beats: () => beats,
    connections: () => connections,
    say: (line) => sayRaw(`${JSON.stringify(line)}\n`),
    sayRaw,
    hangUp,
    async [Symbol.asyncDispose]() {
      hangUp();
      server.close();
      await once(server, "close");
    },
  };
}
