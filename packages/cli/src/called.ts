/**
 * How `cordon` is called by whoever reads this line: a command that is printed is one that can be pasted where they stand.
 * Cordon is mostly run out of its checkout and is on nobody's PATH, so that `cordon drill ..` alone would be an unknown
 * command to a newcomer. Whatever is printed for a person says `cordon WORD`, and is spelled out here, at the edge.
 */
import { existsSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** What the way to call it depends on. Folders are absolute. */
export interface Caller {
  readonly isOnPath: boolean;
  /** The root of the checkout. */
  readonly root: string;
  readonly cwd: string;
  /** Where a package script was called from; undefined when no package script runs. */
  readonly scriptCalledIn: string | undefined;
}

/** The words that stand for `cordon`. */
export function callOf({ isOnPath, root, cwd, scriptCalledIn }: Caller): string {
  if (isOnPath) return "cordon";
  const stands = scriptCalledIn ?? cwd;
  if (stands === root) return "npx -y pnpm@12 cordon";
  // A package script always works in the root; any other call works where the caller stands, and its labs are kept there.
  return scriptCalledIn === undefined
    ? `node ${quoted(join(relative(cwd, root), "packages/cli/src/main.ts"))}`
    : `npx -y pnpm@12 -C ${quoted(relative(stands, root))} cordon`;
}

const quoted = (path: string): string => (/^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`);

function caller(): Caller {
  const { PATH = "", npm_lifecycle_event: script, INIT_CWD: calledIn } = process.env;
  const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/\/$/, "");
  const cwd = process.cwd();
  return {
    isOnPath: PATH.split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, "cordon"))),
    root,
    cwd,
    scriptCalledIn: script === undefined || cwd !== root ? undefined : (calledIn ?? cwd),
  };
}

/** The words that stand for `cordon` here. */
export const called: string = callOf(caller());

const commands = "drill|up|down|status|isolate|rejoin|failover|fault|load|learn|report|doctor|--help";

/** A text for a person with its commands spelled as `call` has them. */
export const spelled = (text: string, call: string): string =>
  text.replaceAll(new RegExp(`(?<![\\w/@.-]|pnpm@12 )cordon (?=(?:${commands})\\b|--help)`, "g"), `${call} `);

const columns = 80;

/** The line that says what to try next; a command that does not fit beside the word has a line of its own, uncut. */
export function nextText(command: string, call: string): string {
  const line = `next     ${spelled(command, call)}`;
  return line.length <= columns ? line : `next\n  ${spelled(command, call)}`;
}
