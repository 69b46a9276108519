/**
 * What a client sends, cut into commands and messages, in place of the library's own parser. Two things are different. A
 * command ends with CR LF: the library takes a lone LF as well, which is how a command hides from a proxy that reads by the
 * rule; here such a line, and one with a CR inside, is broken and never a command, in a pipeline too. And a message's dots
 * are taken out at one cost for each byte (dots.ts): the library schedules a turn of the event loop for each of them.
 * Invariants: commands are answered one after another, in order; a line has a length it may not exceed; after so many
 * commands in one piece the other connections have their turn; a line without an end is no command.
 */
import { SMTPStream } from "smtp-server/lib/smtp-stream";
import { beforeMessage, undot } from "./dots.ts";

type Done = (error?: Error | null) => void;

/** Commands of one chunk that are handled before the event loop turns. */
const commandsATurn = 100;
const cr = 0x0d;
const lf = 0x0a;
const nothing = Buffer.alloc(0);

export interface ParserOptions {
  readonly maxCommandLength: number;
  readonly command: (line: Buffer, next: () => void) => void;
  /** A line that is no command, whatever it says. */
  readonly broken: (line: Buffer, next: () => void) => void;
}

export class Parser extends SMTPStream {
  readonly #options: ParserOptions;
  /** The beginning of a line whose end has not come. */
  #begun: Buffer = nothing;
  #dots = beforeMessage;

  constructor(options: ParserOptions) {
    super({ maxCommandLength: options.maxCommandLength });
    this.#options = options;
  }

  override startDataMode(maxBytes?: number | string | null): ReturnType<SMTPStream["startDataMode"]> {
    this.#dots = beforeMessage;
    return super.startDataMode(maxBytes);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding | "buffer", done: Done): void {
    if (this.isClosed) return done();
    if (this._dataMode) return this._feedDataStream(chunk, done);
    const bytes = this.#begun.length === 0 ? chunk : Buffer.concat([this.#begun, chunk]);
    this.#begun = nothing;
    this.#commands(bytes, done);
  }

  /** Handles the commands in `bytes`, each once the one before it is done. */
  #commands(bytes: Buffer, done: Done): void {
    let at = 0;
    let handled = 0;
    let looping = false;
    let again = false;
    const next = (): void => {
      again = true;
      if (looping) return;
      looping = true;
      try {
        while (again) {
          again = false;
          if (this.isClosed) return done();
          if (this._dataMode) return this._feedDataStream(bytes.subarray(at), done);
          const end = bytes.indexOf(lf, at);
          const length = (end < 0 ? bytes.length : end) - at;
          if (length > this.#options.maxCommandLength) return done(new Error("Command line too long"));
          if (end < 0) {
            this.#begun = Buffer.from(bytes.subarray(at));
            return done();
          }
          const line = bytes.subarray(at, end);
          at = end + 1;
          handled += 1;
          const proceed = handled % commandsATurn === 0 ? () => void setImmediate(next) : next;
          // The first CR is the last byte before the LF, or the line is broken.
          if (line.indexOf(cr) === line.length - 1 && line.length > 0)
            this.#options.command(line.subarray(0, -1), proceed);
          else this.#options.broken(line, proceed);
        }
      } finally {
        looping = false;
      }
    };
    next();
  }

  override _feedDataStream(chunk: Buffer, done: Done): void {
    const stream = this._dataStream;
    if (stream === null) return done();
    const { state, message, endedAt } = undot(this.#dots, chunk);
    this.#dots = state;
    this._countDataBytes(message.length);
    if (endedAt !== undefined) return this._endDataMode(message, chunk.subarray(endedAt), done);
    if (!stream.writable || message.length === 0 || stream.write(message) || stream.destroyed) return done();
    // A stream that is destroyed never drains.
    const goOn = (): void => {
      stream.off("drain", goOn);
      stream.off("close", goOn);
      done();
    };
    stream.on("drain", goOn);
    stream.on("close", goOn);
  }
}
