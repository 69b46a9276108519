/** Where the command says things: results on stdout, for pipes too; progress and all else on stderr. */

/** Writes `text` and ends the line. */
export const toStdout = (text: string): void => void process.stdout.write(`${text}\n`);
export const toStderr = (text: string): void => void process.stderr.write(`${text}\n`);
