/**
 * Where a proxy listens: shut, open, or deaf (it drops whoever knocks). Turning from one to another takes a moment, so the
 * door knows what is wanted and turns until it is so; orders never queue, the last one stands. An address that is not to
 * be had refuses an order to open; a door that was open and cannot come back, because its lease or its toxic ended while
 * somebody took the port, is tried again every `againAfterMs` for as long as it is wanted.
 * Invariants: at most one turn is under way; once shut, it listens to nothing.
 */
import { createServer, type Server, type Socket } from "node:net";
import { ok, refused, type Answer } from "./answer.ts";
import { openDeafDoor, type DeafDoor } from "./deaf-door.ts";
import type { Ground } from "./ground.ts";
import { formatHostPort, type HostPort } from "./host-port.ts";

type Standing =
  | { readonly state: "shut" }
  | { readonly state: "open"; readonly server: Server }
  | { readonly state: "deaf"; readonly door: DeafDoor };

const againAfterMs = 1000;

export class Door {
  readonly #ground: Ground;
  readonly #onClient: (client: Socket) => void;
  #standing: Standing = { state: "shut" };
  /** Where it is to listen; undefined: nowhere. */
  #wanted: HostPort | undefined;
  #deaf = false;
  #turning: Promise<Answer<undefined>> | undefined;
  #callOff: (() => void) | undefined;

  constructor(ground: Ground, onClient: (client: Socket) => void) {
    this.#ground = ground;
    this.#onClient = onClient;
  }

  /** Listens, and answers with the address that was really bound. 409 when it is not to be had: the door is shut then. */
  async open(at: HostPort): Promise<Answer<HostPort>> {
    this.#wanted = at;
    const turned = await this.#turn();
    if (turned.kind === "ok" && this.#wanted !== undefined) return ok(this.#wanted);
    this.#wanted = undefined;
    return turned.kind === "ok" ? refused(409, "the proxy was stopped while it started") : turned;
  }

  /** Opens again where it was told to, now or as soon as it can. */
  reopen(at: HostPort): void {
    this.#wanted = at;
    this.#turnOrTryAgain();
  }

  async shut(): Promise<void> {
    this.#wanted = undefined;
    await this.#turn();
  }

  setDeaf(deaf: boolean): void {
    if (this.#deaf === deaf) return;
    this.#deaf = deaf;
    if (this.#wanted !== undefined) this.#turnOrTryAgain();
  }

  /** Resolves when no turn is under way, with what came of the one that was. */
  async settled(): Promise<Answer<undefined>> {
    return this.#turning ?? ok(undefined);
  }

  #turn(): Promise<Answer<undefined>> {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#turning ??= this.#turnUntilRight().finally(() => {
      this.#turning = undefined;
    });
    return this.#turning;
  }

  #turnOrTryAgain(): void {
    void this.#turn().then((turned) => {
      if (turned.kind === "ok" || this.#wanted === undefined) return;
      this.#callOff?.();
      this.#callOff = this.#ground.after(againAfterMs, () => this.#turnOrTryAgain());
    });
  }

  /** Each round brings it to what was wanted when the round began; it ends when nobody has wanted anything else since. */
  async #turnUntilRight(): Promise<Answer<undefined>> {
    for (;;) {
      const at = this.#wanted;
      // A deaf door has to be told its port: where any will do, it opens first and learns which.
      const target = at === undefined ? "shut" : this.#deaf && at.port !== 0 ? "deaf" : "open";
      if (this.#standing.state === target) return ok(undefined);
      await leave(this.#standing);
      this.#standing = { state: "shut" };
      if (at === undefined) continue;
      const stood = target === "deaf" ? await this.#standDeaf(at) : await this.#standOpen(at);
      if (stood.kind === "refused") return stood;
      this.#standing = stood.value;
    }
  }

  async #standDeaf(at: HostPort): Promise<Answer<Standing>> {
    const opened = await openDeafDoor(at, this.#ground);
    return opened.kind === "refused" ? opened : ok({ state: "deaf", door: opened.value });
  }

  async #standOpen(at: HostPort): Promise<Answer<Standing>> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, this.#onClient);
    const failure = await new Promise<Error | undefined>((resolve) => {
      server.once("error", resolve);
      server.listen(at.port, at.host, () => resolve(undefined));
    });
    if (failure !== undefined) {
      const code = "code" in failure ? String(failure.code) : failure.message;
      return refused(409, `cannot listen on ${formatHostPort(at)} (${code}); give a free address, or port 0 for any`);
    }
    // What can still go wrong with a bound listener (no file descriptor left) ends one accept, not the proxy.
    server.on("error", () => {});
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("a TCP listener has no TCP address");
    if (this.#wanted === at) this.#wanted = { host: at.host, port: bound.port };
    return ok({ state: "open", server });
  }
}

async function leave(standing: Standing): Promise<void> {
  switch (standing.state) {
    case "shut":
      return;
    case "open":
      // It listens no more from here on. Its links are the proxy's: they stay, and are not waited for.
      standing.server.close();
      return;
    case "deaf":
      await standing.door.close();
  }
}
