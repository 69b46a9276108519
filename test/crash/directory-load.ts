/**
 * Directory writes for the crash test: writers that each create users of their own in every partition, change their
 * passwords, disable and enable them, and remember what was acknowledged. A write nobody answered for may hold or may
 * not, until a later one of the same kind is acknowledged; an acknowledged one holds for good.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Lab } from "@cordon/lab";
import { coin, deadlineHeader, type PartitionId, type UserChange } from "@cordon/model";

/** What must be true of one user whose creation was acknowledged. */
export interface Remembered {
  readonly address: string;
  readonly partition: PartitionId;
  /** The newest acknowledged revision of the record. */
  revision: number;
  /** The password last acknowledged, and those after it that may have been set. */
  passwords: readonly string[];
  /** One that an acknowledged change replaced. */
  replaced: string | undefined;
  /** The same of `disabled`. */
  disabled: readonly boolean[];
}

export interface WriteTally {
  readonly users: readonly Remembered[];
  readonly acknowledged: number;
  readonly unanswered: number;
  /** Partition -> the newest acknowledged revision. */
  readonly revisions: ReadonlyMap<PartitionId, number>;
  /** One line for each answer that must not be. */
  readonly wrong: readonly string[];
}

export interface WriteLoadOptions {
  readonly lab: Lab;
  readonly tenants: readonly { readonly domain: string; readonly partition: PartitionId }[];
  readonly seed: string;
  readonly writers: number;
  readonly pauseMs: number;
  readonly patienceMs: number;
}

type Answer =
  | { readonly kind: "written"; readonly revision: number }
  /** It may have been written. */
  | { readonly kind: "unanswered" }
  /** Refused for a reason that cannot be. */
  | { readonly kind: "refused"; readonly status: number };

const createShare = 0.4;
const passwordShare = 0.7;
/** What no dying process is a reason for: the request is right, the user is there, the token is good. */
const impossible = new Set([400, 401, 404, 409, 415]);

/** Writes until `ending` is aborted. */
export async function writeAll(options: WriteLoadOptions, ending: AbortSignal): Promise<WriteTally> {
  const tally = { acknowledged: 0, unanswered: 0 };
  const revisions = new Map<PartitionId, number>();
  const taken = new Set<string>();
  const wrong: string[] = [];

  const note = (about: string, partition: PartitionId, answer: Answer): void => {
    if (answer.kind === "refused") wrong.push(`${about} was refused with ${answer.status}`);
    if (answer.kind === "unanswered") tally.unanswered += 1;
    if (answer.kind !== "written") return;
    tally.acknowledged += 1;
    // One revision is one write: two of them would mean that two instances wrote at once.
    const place = `${partition} at revision ${answer.revision}`;
    if (taken.has(place)) wrong.push(`${place} was acknowledged twice, the second time for ${about}`);
    taken.add(place);
    revisions.set(partition, Math.max(revisions.get(partition) ?? 0, answer.revision));
  };
  const work = async (writer: number): Promise<readonly Remembered[]> => {
    const mine: Remembered[] = [];
    for (let number = 0; !ending.aborted; number++) {
      const chance = (what: string): number => coin(options.seed, "write", writer, number, what);
      const known = mine[Math.floor(chance("which") * mine.length)];
      if (known === undefined || chance("create") < createShare) {
        const made = await create(options, `w${writer}-${number}`, chance("tenant"), note);
        if (made !== undefined) mine.push(made);
      } else if (chance("change") < passwordShare) {
        await setPassword(options, known, `changed ${writer}-${number}`, note);
      } else {
        await setDisabled(options, known, chance("disable") < 0.5, note);
      }
      await delay(options.pauseMs * chance("pause"));
    }
    return mine;
  };
  const users = await Promise.all(Array.from({ length: options.writers }, (_, writer) => work(writer)));
  return { ...tally, users: users.flat(), revisions, wrong };
}

type Note = (about: string, partition: PartitionId, answer: Answer) => void;

async function create(
  options: WriteLoadOptions,
  name: string,
  chance: number,
  note: Note,
): Promise<Remembered | undefined> {
  const tenant = options.tenants[Math.floor(chance * options.tenants.length)];
  if (tenant === undefined) throw new Error("a lab has tenants");
  const address = `${name}@${tenant.domain}`;
  const password = `first of ${name}`;
  const answer = await write(options, tenant.partition, name, "POST", "/v1/users", { address, password });
  note(`creating ${address}`, tenant.partition, answer);
  if (answer.kind !== "written") return undefined;
  const { revision } = answer;
  return {
    address,
    partition: tenant.partition,
    revision,
    passwords: [password],
    replaced: undefined,
    disabled: [false],
  };
}

async function setPassword(options: WriteLoadOptions, user: Remembered, password: string, note: Note): Promise<void> {
  const answer = await change(options, user, { password }, password);
  note(`a new password of ${user.address}`, user.partition, answer);
  if (answer.kind === "written") user.replaced = user.passwords.at(-1);
  user.passwords = answer.kind === "written" ? [password] : [...user.passwords, password];
}

async function setDisabled(options: WriteLoadOptions, user: Remembered, disabled: boolean, note: Note): Promise<void> {
  const answer = await change(options, user, { disabled }, String(user.revision));
  note(`${disabled ? "disabling" : "enabling"} ${user.address}`, user.partition, answer);
  user.disabled = answer.kind === "written" ? [disabled] : [...user.disabled, disabled];
}

async function change(options: WriteLoadOptions, user: Remembered, body: UserChange, key: string): Promise<Answer> {
  const path = `/v1/users/${encodeURIComponent(user.address)}`;
  const answer = await write(options, user.partition, key, "PATCH", path, body);
  if (answer.kind === "written") user.revision = answer.revision;
  return answer;
}

/** One write to a role instance that chance chooses; what is not the writer forwards it. Never sent again. */
async function write(
  { lab, seed, patienceMs }: WriteLoadOptions,
  partition: PartitionId,
  key: string,
  method: "POST" | "PATCH",
  path: string,
  body: object,
): Promise<Answer> {
  const instances = lab.instances().filter((instance) => instance.partition === partition);
  const instance = instances[Math.floor(coin(seed, "instance", key) * instances.length)];
  if (instance === undefined) return { kind: "unanswered" };
  try {
    const response = await fetch(new URL(path, instance.service), {
      method,
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${lab.token}`,
        [deadlineHeader]: String(patienceMs),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs),
    });
    const { revision } = (await response.json()) as { revision?: number };
    if (response.status === 200 && revision !== undefined) return { kind: "written", revision };
    return impossible.has(response.status) ? { kind: "refused", status: response.status } : { kind: "unanswered" };
  } catch {
    return { kind: "unanswered" };
  }
}
