/**
 * The supervisor's end of the links (model/wire-supervisor.ts). A connection belongs to nobody until its first line is a
 * `hello` that its owner accepts; a line that does not parse, or grows too long, ends it, and the process connects again.
 * A process that does not read (it is frozen) costs a bounded number of bytes: past that its connection is closed.
 */
import { rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { maxLinkLineBytes, UpLineSchema, type DownLine, type UpLine } from "@cordon/model";
import { createLineParser, createLineSplitter } from "@cordon/runtime";

/** Lines waiting for a process that does not read, bytes. */
const maxUnreadBytes = 65_536;
/** More processes than any lab has. */
const maxLinks = 1024;

export type Hello = Extract<UpLine, { type: "hello" }>;
export type Said = Exclude<UpLine, Hello>;

/** One process's connection. */
export interface Link {
  readonly hello: Hello;
  /** Sends, or lets it be when the connection has gone. */
  send(line: DownLine): void;
  close(): void;
}

export interface LinkListener {
  /** Whether this process is one of ours. */
  accept(hello: Hello): boolean;
  opened(link: Link): void;
  said(link: Link, line: Said): void;
  closed(link: Link): void;
}

export interface LinkServer {
  broadcast(line: DownLine): void;
  close(): void;
}

const parse = createLineParser(UpLineSchema);

/** Listens on the unix socket `path`, in place of a dead supervisor's. */
export async function listenForLinks(path: string, listener: LinkListener): Promise<LinkServer> {
  const links = new Map<Socket, Link>();
  const sockets = new Set<Socket>();
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    sockets.add(socket);
    const splitter = createLineSplitter(maxLinkLineBytes, (text) => {
      if (!socket.destroyed) hear(socket, links, parse(text), listener);
    });
    socket.on("data", (chunk: Buffer) => {
      if (!splitter.push(chunk)) socket.destroy();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      const link = links.get(socket);
      links.delete(socket);
      if (link !== undefined) listener.closed(link);
    });
  });
  server.maxConnections = maxLinks;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  return {
    broadcast(line) {
      for (const link of links.values()) link.send(line);
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function hear(socket: Socket, links: Map<Socket, Link>, line: UpLine | undefined, listener: LinkListener): void {
  const link = links.get(socket);
  if (line === undefined || (line.type === "hello") !== (link === undefined)) {
    socket.destroy();
  } else if (line.type === "hello") {
    if (!listener.accept(line)) return void socket.destroy();
    const opened = linkOver(socket, line);
    links.set(socket, opened);
    listener.opened(opened);
  } else if (link !== undefined) {
    listener.said(link, line);
  }
}

const linkOver = (socket: Socket, hello: Hello): Link => ({
  hello,
  send(line) {
    if (!socket.writable) return;
    if (socket.writableLength > maxUnreadBytes) socket.destroy();
    else socket.write(`${JSON.stringify(line)}\n`);
  },
  close: () => void socket.destroy(),
});
