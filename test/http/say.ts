/**
 * One exchange over a socket of its own, byte for byte as it is given: an HTTP client would mend, refuse or reset what a
 * service is to be tried with. Bounded in time, so that a service that never answers fails the test and does not hang it.
 */
import { connect } from "node:net";

export interface Said {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Says it and hears one answer. Throws when the connection ends without one, or `withinMs` is over. */
export function say(url: string, bytes: string, withinMs: number): Promise<Said> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<Said>();
  const socket = connect(Number(port), hostname);
  const limit = setTimeout(() => fail("no answer in time"), withinMs);
  let heard = "";
  let problem = "the connection ended without an answer";
  const fail = (why: string): void => {
    reject(new Error(`${why}: ${JSON.stringify(bytes.slice(0, 300))}, heard ${JSON.stringify(heard)}`));
    socket.destroy();
  };
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    heard += chunk;
    const said = answerIn(heard, bytes.startsWith("HEAD "));
    if (said === undefined) return;
    resolve(said);
    socket.destroy();
  });
  socket.on("error", (error) => {
    problem = error.message;
  });
  socket.on("close", () => {
    clearTimeout(limit);
    fail(problem);
  });
  socket.write(bytes);
  return promise;
}

/** The answer that stands in `text` as a whole; undefined as long as some is missing. */
function answerIn(text: string, headOnly: boolean): Said | undefined {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [line = "", ...fields] = text.slice(0, end).split("\r\n");
  const headers = new Map(
    fields.map((field) => {
      const colon = field.indexOf(":");
      return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
    }),
  );
  const length = headOnly ? 0 : Number(headers.get("content-length") ?? 0);
  const body = text.slice(end + 4);
  return body.length < length
    ? undefined
    : { status: Number(line.split(" ")[1]), headers, body: body.slice(0, length) };
}
