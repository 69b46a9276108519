/** Which Cordon this is: the version of the package, and the commit where it is a checkout. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export function identity(): { version: string; commit: string | null } {
  const root = new URL("../../../", import.meta.url);
  const { version } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as { version: string };
  try {
    const commit = execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return { version, commit: commit.trim() };
  } catch {
    return { version, commit: null };
  }
}
