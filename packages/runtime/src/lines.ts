/**
 * JSON lines over a stream: the framing of every link between Cordon's own processes. A line has a length it may not
 * exceed, and what does not parse ends the conversation; nothing here guesses.
 */
import { StringDecoder } from "node:string_decoder";
import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";

/**
 * Feeds chunks to `push`; calls `onLine` for each whole line that is not empty. `push` answers false once a line was too
 * long, whole or not yet; that line is not handed on, and there is nothing more to be had from this splitter.
 */
export function createLineSplitter(maxBytes: number, onLine: (line: string) => void): { push(chunk: Buffer): boolean } {
  const decoder = new StringDecoder("utf8");
  const fits = (line: string): boolean => Buffer.byteLength(line) <= maxBytes;
  let rest = "";
  return {
    push(chunk) {
      const parts = (rest + decoder.write(chunk)).split("\n");
      rest = parts.pop() ?? "";
      for (const line of parts) {
        if (!fits(line)) return false;
        if (line !== "") onLine(line);
      }
      return fits(rest);
    },
  };
}

/** A parser of one line against a schema: the value, or undefined when it is not JSON or does not fit. */
export function createLineParser<S extends TSchema>(schema: S): (line: string) => Static<S> | undefined {
  const validator = Compile(schema);
  return (line) => {
    try {
      const value: unknown = JSON.parse(line);
      return validator.Check(value) ? value : undefined;
    } catch {
      return undefined;
    }
  };
}
