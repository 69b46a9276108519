/**
 * The one table of who may import whom. Services never import one another: they meet on the wire, so that each can be
 * frozen, killed or cut off alone, which is what the June 2014 partition outage asks of them. The architecture test
 * holds sources, package.json files, tsconfig references and lint to this table, and the table to being acyclic.
 * Invariant: a wall moves here first, and nowhere else.
 */

/** One row: what a workspace folder may import, and how strictly. */
export type DagRow = {
  /** Packages of ours, by folder name under packages/. A tsconfig lists exactly these as references. */
  imports: readonly string[];
  /** A pure package has no clock, no chance, no timer, no process and no Node: everything comes in by argument. */
  pure: boolean;
  /** Third-party packages the sources (tests apart) may import, or "any" where knip alone keeps the account. */
  libraries: readonly string[] | "any";
  /** What the package is, in one line. */
  description: string;
};

const service = ["model", "policy", "runtime"] as const;

const packages = {
  model: {
    imports: [],
    pure: true,
    libraries: ["typebox"],
    description: "the words: ids, time, address, partition map, outcomes, events, wire schemas",
  },
  policy: {
    imports: ["model"],
    pure: true,
    libraries: [],
    description: "the decisions: (state, input, now) to state or decision",
  },
  measure: {
    imports: ["model"],
    pure: true,
    libraries: [],
    description: "the measurement kernel: a history to limits, times and verdict",
  },
  runtime: {
    imports: ["model"],
    pure: false,
    libraries: "any",
    description: "the ground: clock, config, log, events, http, hashing, a process's end of the link, process main",
  },
  "control-client": {
    imports: ["model"],
    pure: false,
    libraries: ["typebox"],
    description: "a caller's end of control: map, orders and revocations, followed and kept",
  },
  provision: {
    imports: [],
    pure: false,
    libraries: [],
    description: "foreign programs that a test or a lab needs, installed or unpacked from Debian's packages",
  },
  "partition-client": {
    imports: [...service, "control-client"],
    pure: false,
    libraries: "any",
    description: "route, guard, exchange: the way to a partition",
  },
  control: {
    // Its tests alone ask for the client, to meet it over the wire.
    imports: [...service, "control-client"],
    pure: false,
    libraries: "any",
    description: "what outlives a partition: map, revocations, the operator's decisions",
  },
  directory: {
    // Its tests alone ask for provision, to have a real Redis.
    imports: [...service, "control-client", "provision"],
    pure: false,
    libraries: "any",
    description: "a partition: role instances over one store",
  },
  auth: {
    imports: [...service, "control-client", "partition-client"],
    pure: false,
    libraries: "any",
    description: "the door: sign-in, tokens, fallback",
  },
  mail: {
    imports: [...service, "control-client", "partition-client"],
    pure: false,
    libraries: "any",
    description: "the post: smtp in, spool, recipients, lanes, delivery, ledger",
  },
  fault: {
    imports: service,
    pure: false,
    libraries: "any",
    description: "the harm: fault proxies with toxics on leases, and process faults",
  },
  lab: {
    imports: [...service, "control-client", "provision", "fault"],
    pure: false,
    libraries: "any",
    description: "what keeps a lab: start, supervisor, guardian, sweep, presets, the operator's hand",
  },
  load: {
    imports: ["model", "measure", "runtime", "lab"],
    pure: false,
    libraries: "any",
    description: "the load: schedule, pace, what a client does and sees, closed loop, limits",
  },
  drill: {
    // Its tests alone ask for provision, to open a report in a browser.
    imports: ["model", "measure", "runtime", "control-client", "provision", "fault", "lab", "load"],
    pure: false,
    libraries: "any",
    description: "the experiments: workload, faults proven, run, report",
  },
  cli: {
    imports: ["model", "measure", "runtime", "fault", "lab", "load", "drill"],
    pure: false,
    libraries: "any",
    description: "the cordon command",
  },
} satisfies Record<string, DagRow>;

const everything: DagRow = { imports: Object.keys(packages), pure: false, libraries: "any", description: "" };

/** Every workspace folder, from the root of the repository, with its row. `test` and `bench` stand on top of all. */
export const DAG: Readonly<Record<string, DagRow>> = {
  ...Object.fromEntries(Object.entries(packages).map(([name, row]) => [`packages/${name}`, row])),
  test: { ...everything, description: "tests of the tree, and drills against real processes" },
  bench: { ...everything, description: "one load scenario a file" },
};

/** A library that only some files may import, so that changing or containing it touches one place. */
export type LoneImporter = {
  library: string;
  /** Where the rule holds: this folder and below, from the root of the repository; tests apart. */
  within: string;
  /** The one file that may import it there. */
  file: string;
};

export const LONE_IMPORTERS: readonly LoneImporter[] = [
  { library: "autocannon", within: "packages/", file: "packages/load/src/closed-loop.ts" },
  { library: "opossum", within: "packages/", file: "packages/partition-client/src/breaker.ts" },
  { library: "undici", within: "packages/partition-client/", file: "packages/partition-client/src/exchange.ts" },
  { library: "ioredis", within: "packages/", file: "packages/directory/src/redis-connection.ts" },
];

/** Where `process.env` may be read: a path that begins with one of these. Everything else is handed its configuration. */
export const ENVIRONMENT_READERS: readonly string[] = [
  "packages/runtime/src/config.ts",
  "packages/provision/src/machine.ts",
  "packages/cli/",
];
