/**
 * Where the command says things: results on stdout, for pipes too; progress and all else on stderr. A result that could
 * not be written, as on a full disk, is a command that did not do what was asked; but a reader who has seen enough and
 * went away, as `head` does, is content. What stderr does not take is lost, and ends nothing.
 */

/** Writes `text` and ends the line. */
export const toStdout = (text: string): void => void process.stdout.write(`${text}\n`);
export const toStderr = (text: string): void => void process.stderr.write(`${text}\n`);

/** Writes `text`, ends the line, and resolves once that is done. Rejects when nobody got it, whoever was to read it. */
export const handOver = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(`${text}\n`, (error) => {
      if (error === null || error === undefined) resolve();
      else reject(error);
    });
  });

/**
 * Hears from now on of every write that fails, whoever makes it. The function that comes back waits for what is under way,
 * and answers with the code of why stdout did not get all of it; undefined when it did, or when its reader went away.
 */
export function watchWrites(): () => Promise<string | undefined> {
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    lost ??= error;
  });
  process.stderr.on("error", () => {});
  return async () => {
    await new Promise<void>((resolve) => {
      // The callback of a write that failed comes first, and the error in the same turn.
      process.stdout.write("", () => setImmediate(resolve));
    });
    return lost === undefined || lost.code === "EPIPE" ? undefined : (lost.code ?? lost.message);
  };
}
