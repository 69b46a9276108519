/**
 * Reads back what was acknowledged, when everything is well again: from every role instance of the partition the record,
 * no older than the newest acknowledged revision, and at the door of sign-in the password and the lock. A password that a
 * later acknowledged one replaced must be of no use.
 */
import { atLeastHeader, type UserRecord } from "@cordon/model";
import type { Lab, LabInstance } from "@cordon/lab";
import { until } from "../support/until.ts";
import type { Remembered, WriteTally } from "./directory-load.ts";
import { signIn, type SignInAnswer } from "./sign-in-load.ts";

/** Each of these may be answered `unavailable` or `busy` for a while. */
const answerWithinMs = 60_000;
const callMs = 5_000;
/** Users looked at at once: each costs hashes, and the host has few seats for them. */
const atOnce = 4;

/** One line for each acknowledged write that is not readable. */
export async function readBack(lab: Lab, tally: WriteTally): Promise<readonly string[]> {
  const instances = lab.instances();
  const flaws: string[] = [];
  for (let from = 0; from < tally.users.length; from += atOnce) {
    const found = await Promise.all(
      tally.users.slice(from, from + atOnce).map(async (user) => {
        const serving = instances.filter(({ partition }) => partition === user.partition);
        const revision = tally.revisions.get(user.partition) ?? 0;
        const read = await Promise.all(serving.map((instance) => recordFlaws(lab, instance, user, revision)));
        return [...read.flat(), ...(await doorFlaws(lab, user))];
      }),
    );
    flaws.push(...found.flat());
  }
  return flaws;
}

async function recordFlaws(lab: Lab, instance: LabInstance, user: Remembered, atLeast: number): Promise<string[]> {
  const { id, direct } = instance;
  const answer = await until(`${id} answers for ${user.address}`, answerWithinMs, async () => {
    const response = await fetch(new URL(`/v1/users/${encodeURIComponent(user.address)}`, direct), {
      headers: { authorization: `Bearer ${lab.token}`, [atLeastHeader]: String(atLeast) },
      signal: AbortSignal.timeout(callMs),
    }).catch(() => undefined);
    if (response === undefined || response.status === 503) return undefined;
    return { status: response.status, record: (await response.json()) as Partial<UserRecord> };
  });
  const { status, record } = answer;
  if (status !== 200) return [`${id} answers ${status} for ${user.address}, whose creation was acknowledged`];
  const flaws: string[] = [];
  if ((record.revision ?? 0) < user.revision)
    flaws.push(`${id} has ${user.address} at revision ${record.revision}, acknowledged was ${user.revision}`);
  if (!user.disabled.includes(record.disabled ?? false))
    flaws.push(`${id} says that ${user.address} is ${record.disabled ? "" : "not "}disabled`);
  return flaws;
}

async function doorFlaws(lab: Lab, { address, passwords, replaced, disabled }: Remembered): Promise<string[]> {
  const ask = (password: string): Promise<SignInAnswer> =>
    until(`sign-in answers for ${address}`, answerWithinMs, async () => {
      const answer = await signIn(lab.urls.auth, address, password, callMs);
      return answer === "served" || answer === "refused" ? answer : undefined;
    });
  const answers: SignInAnswer[] = [];
  for (const password of passwords) answers.push(await ask(password));
  if (replaced !== undefined && (await ask(replaced)) === "served")
    return [`${address} was let in with a password that was replaced`];
  const served = answers.filter((answer) => answer === "served").length;
  if (disabled.every(Boolean)) return served === 0 ? [] : [`${address} is disabled and was let in`];
  if (disabled.some(Boolean)) return served <= 1 ? [] : [`${address} was let in with ${served} passwords`];
  return served === 1 ? [] : [`${address} was let in with ${served} of the ${passwords.length} it may have`];
}
