/**
 * Where a foreign program is to be had: on the search path; else from Debian's packages, unpacked into the cache of this
 * checkout, which needs no root and installs nothing; else not at all, with the one line that says how it could be. What
 * is found is asked whether it runs before anybody relies on it, so that a program without its libraries, or a cache that
 * came from another machine, is told here and not by a drill that seems to fail.
 * Invariant: an unpacked folder appears whole or not at all, also when two processes unpack the same one at once.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Machine } from "./machine.ts";
import { programs, type Program, type ProgramId } from "./programs.ts";
import { unpack } from "./unpack.ts";

export interface FoundProgram {
  readonly kind: "found";
  /** Absolute path of the program. */
  readonly program: string;
  /** What has to be set for it, beside the environment it is given anyway. Empty for an installed one. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface UnavailableProgram {
  readonly kind: "unavailable";
  /** One line for a person: why it is not here, and what to do. */
  readonly how: string;
}

export type Provisioned = FoundProgram | UnavailableProgram;

const probeWithinMs = 10_000;
/** Where a package has its programs. The last is for what `usr/bin` has a script for that looks outside its own folder. */
const programFolders = ["usr/bin", "usr/sbin", "bin", "sbin", "usr/lib/chromium"];
const run = promisify(execFile);

/** Looks, fetches if it must, and tries it out: at most a few minutes, mostly far less. Never rejects. */
export async function provision(id: ProgramId, machine: Machine): Promise<Provisioned> {
  const program: Program = programs[id];
  const runs = async (path: string, environment: FoundProgram["environment"]): Promise<boolean> => {
    const env = { ...machine.environment, ...environment };
    return run(path, [...program.probe], { env, timeout: probeWithinMs }).then(
      () => true,
      () => false,
    );
  };
  const names = [id, ...program.alsoInstalledAs];
  const installed = machine.searchPath.flatMap((folder) => names.map((name) => join(folder, name)));
  for (const path of installed.filter(existsSync))
    if (await runs(path, {})) return { kind: "found", program: path, environment: {} };

  const folder = join(machine.cache, await release(), program.packages.join("+"));
  if (!existsSync(folder)) {
    const flaw = await unpack(program.packages, folder, machine.environment);
    if (flaw !== undefined) return unavailable(`${id} is not installed, and ${flaw}: ${installing(program)}`);
  }
  const environment = await environmentOf(folder);
  for (const path of programFolders.map((place) => join(folder, place, id)).filter(existsSync))
    if (await runs(path, environment)) return { kind: "found", program: path, environment };
  return unavailable(`${id} is unpacked in ${folder} and does not run: delete that folder, or ${installing(program)}`);
}

const unavailable = (how: string): UnavailableProgram => ({ kind: "unavailable", how });

const installing = ({ packages, brew }: Program): string =>
  process.platform === "darwin" ? `brew install ${brew}` : `apt-get install ${packages.join(" ")}`;

/** The system whose packages these are: what is unpacked for one does not run on another. */
async function release(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const field = (name: string): string => new RegExp(`^${name}="?([\\w.-]+)"?$`, "m").exec(text)?.[1] ?? "unknown";
  return `${field("ID")}-${field("VERSION_ID")}-${process.arch}`;
}

/** Where the dynamic linker and Perl find what was unpacked beside the program. */
async function environmentOf(folder: string): Promise<FoundProgram["environment"]> {
  const existing = (...places: string[]): string[] => places.map((place) => join(folder, place)).filter(existsSync);
  const named = await readdir(join(folder, "usr/lib")).catch(() => []);
  const triplets = named.filter((name) => /^[\w]+-linux-gnu/.test(name));
  const libraries = existing(...triplets.flatMap((name) => [`usr/lib/${name}`, `lib/${name}`]), "usr/lib", "lib");
  const perl = existing("usr/share/perl5");
  for (const name of triplets)
    for (const version of await readdir(join(folder, "usr/lib", name, "perl5")).catch(() => []))
      perl.push(join(folder, "usr/lib", name, "perl5", version));
  return {
    ...(libraries.length > 0 && { LD_LIBRARY_PATH: libraries.join(":") }),
    ...(perl.length > 0 && { PERL5LIB: perl.join(":") }),
  };
}
