/**
 * Packages of Debian, and what they depend on that the machine lacks, downloaded by apt and unpacked by dpkg into a folder
 * of our own. apt works in that folder alone, takes no lock of the machine's and only downloads; the machine's lists of
 * packages are read where there are any, and a private copy is fetched when they are missing or out of date.
 * Invariants: each attempt works beside the others in a folder of its own, and the last step is one rename, so that of two
 * at once the first wins and both may use the result; no command runs without a limit.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";

/** apt waits for a network that may be slow; dpkg only for the disk. */
const aptWithinMs = 120_000;
const dpkgWithinMs = 30_000;
/** No attempt lives so long: an older folder is what a killed one left. */
const abandonedAfterMs = 30 * 60_000;
/** What apt and dpkg may say, characters; the reason for a failure is among the last. */
const maxOutput = 1_000_000;

/** Never unpacked: beside the linker of the machine, a C library of another version ends every program that meets it. */
const neverUnpacked = /^libc6_/;

const run = promisify(execFile);
type Environment = Readonly<Record<string, string | undefined>>;

/** Makes `folder` out of `packages`; answers with what went wrong, in a few words, or with undefined. Never rejects. */
export async function unpack(
  packages: readonly string[],
  folder: string,
  environment: Environment,
): Promise<string | undefined> {
  const attempt = join(dirname(folder), `attempt-${randomUUID()}`);
  try {
    await mkdir(attempt, { recursive: true });
    await forgetAbandoned(dirname(folder));
    await download(packages, attempt, environment);
    const root = join(attempt, "root");
    await mkdir(root);
    const archives = join(attempt, "cache/archives");
    for (const name of (await readdir(archives)).filter((file) => file.endsWith(".deb") && !neverUnpacked.test(file)))
      await run("dpkg", ["-x", join(archives, name), root], limits(environment, dpkgWithinMs));
    await rename(root, folder);
    return undefined;
  } catch (error) {
    return existsSync(folder) ? undefined : flawOf(error);
  } finally {
    await rm(attempt, { recursive: true, force: true }).catch(() => {});
  }
}

/** Downloads what of `packages` and their dependencies the machine lacks into `attempt`/cache/archives. */
async function download(packages: readonly string[], attempt: string, environment: Environment): Promise<void> {
  const cache = join(attempt, "cache");
  const lists = join(attempt, "lists");
  await mkdir(join(cache, "archives/partial"), { recursive: true });
  const common = options({ "Debug::NoLocking": "1", "Dir::Cache": cache, "APT::Sandbox::User": "root" });
  const install = ["install", "--yes", "--download-only", "--no-install-recommends"];
  const apt = (args: readonly string[]) => run("apt-get", [...args], limits(environment, aptWithinMs));
  try {
    await apt([...common, ...install, ...packages]);
  } catch (error) {
    if (isMissing(error)) throw error;
    await mkdir(join(lists, "partial"), { recursive: true });
    const ownLists = [...common, ...options({ "Dir::State::Lists": lists })];
    await apt([...ownLists, "update"]);
    await apt([...ownLists, ...install, ...packages]);
  }
}

const limits = (env: Environment, timeout: number) => ({ env, timeout, maxBuffer: maxOutput });

const options = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).flatMap(([key, value]) => ["-o", `${key}=${value}`]);

async function forgetAbandoned(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((entry) => basename(entry).startsWith("attempt-"))) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

function flawOf(error: unknown): string {
  if (isMissing(error)) return "there is no apt-get or dpkg to unpack it with";
  const said = error instanceof Error && "stderr" in error ? String(error.stderr) : "";
  const last = said.split("\n").findLast((line) => line.startsWith("E: "));
  return last === undefined ? "apt-get could not download it" : `apt-get could not download it (${last.slice(3)})`;
}
