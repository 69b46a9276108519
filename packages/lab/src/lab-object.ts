/**
 * `cordon.lab/1`: what a script has to know to use a lab, as one object. `cordon up --detach --json` and `cordon status
 * --json` print it; it is a contract (docs/schema), so keys are only ever added. Whatever can change while the lab lives is
 * read anew each time: after a failover the role instances are others, and every pid is one that lives.
 * It names the token's file and never the token; the passwords in it are those every lab has, and guard nothing.
 */
import { readFileSync } from "node:fs";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { membersOf } from "./instances.ts";
import type { LabFile } from "./lab-file.ts";
import { populationFile } from "./paths.ts";
import { populate, type LabUser, type Population } from "./population.ts";

export interface SampleUser {
  readonly user: string;
  readonly password: string;
  readonly partition: string;
}

export interface LabObject {
  readonly schema: "cordon.lab/1";
  /** The run's folder. */
  readonly dir: string;
  /** The runner's: whoever ends it ends the lab. */
  readonly pid: number;
  /** Base URL of auth. */
  readonly auth: string;
  /** host:port of SMTP with and without authentication. */
  readonly submission: string;
  readonly mx: string;
  /** Base URL of the fault proxies' API, which is Toxiproxy's. */
  readonly fault: string;
  /** The folder of the Maildirs: one folder a mailbox, named by its address. */
  readonly maildirs: string;
  /** The file of the token that calls which change something carry. */
  readonly token: string;
  /** Whether anybody judges its partitions; where nobody does, nothing is ever red. */
  readonly judges: boolean;
  readonly partitions: readonly {
    readonly id: string;
    readonly instances: readonly {
      readonly id: string;
      /** Base URL as auth and mail have it: through the fault proxy. */
      readonly service: string;
      readonly health: string;
      readonly pid: number;
      /** Names of the proxies on the way to it. */
      readonly proxies: readonly string[];
    }[];
  }[];
  readonly processes: readonly { readonly name: string; readonly pid: number }[];
  readonly users: {
    readonly count: number;
    /** In the form of a shell's brace expansion: each address it gives is a user's. */
    readonly pattern: string;
    readonly example: SampleUser & { readonly tenant: string };
  };
  /** Two users of each partition, each of another tenant. */
  readonly sample: readonly SampleUser[];
}

const population = Compile(Type.Object({ users: Type.Integer({ minimum: 1 }) }));

/** The object of a living lab; undefined while its directory is not filled yet. */
export function labObject(lab: LabFile): LabObject | undefined {
  const users = usersOf(lab);
  if (users === undefined) return undefined;
  const { instances, processes } = membersOf(lab);
  const { tenants, users: all } = populate(lab.partitions, users);
  const [first] = all;
  if (first === undefined) return undefined;
  return {
    schema: "cordon.lab/1",
    dir: lab.dir,
    pid: lab.runner.pid,
    auth: lab.urls.auth,
    submission: lab.urls.submission,
    mx: lab.urls.mx,
    fault: lab.urls.fault,
    maildirs: lab.maildirsDir,
    token: lab.tokenFile,
    judges: lab.judges,
    partitions: lab.partitions.map((id) => ({
      id,
      instances: instances
        .filter(({ partition }) => partition === id)
        .map((one) => ({ id: one.id, service: one.service, health: one.health, pid: one.pid, proxies: [one.id] })),
    })),
    processes: processes.map(({ name, pid }) => ({ name, pid })),
    users: {
      count: users,
      pattern: patternOf(tenants, users),
      example: { ...sampleOf(first), tenant: first.tenant },
    },
    sample: all.slice(0, tenants.length).map(sampleOf),
  };
}

/** How many users the lab was filled with; undefined: it is not filled yet. */
function usersOf({ dir }: LabFile): number | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(populationFile(dir), "utf8"));
    return population.Check(value) ? value.users : undefined;
  } catch {
    return undefined;
  }
}

const sampleOf = ({ address, password, partition }: LabUser): SampleUser => ({ user: address, password, partition });

/** Where users do not go evenly into tenants, the last name stands in some of them only and is left out. */
const patternOf = (tenants: Population["tenants"], users: number): string =>
  `user{1..${Math.floor(users / tenants.length)}}@tenant{1..${tenants.length}}.example`;
