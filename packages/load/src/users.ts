/**
 * Who a load signs in as, or sends mail to: the population of a lab, or a file of somebody else's users, one JSON object a
 * line, `{"user":"a@b.example","password":".."}`, which is how `cordon.lab/1` has them in its sample. A line that does not
 * fit is named by its line and column and never quoted, because it may hold a password.
 */
import { readFileSync, statSync } from "node:fs";
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import { labObject, populate, type LabFile } from "@cordon/lab";
import { readAddress } from "@cordon/runtime";
import type { ScheduledUser } from "./schedule.ts";

export interface LoadUser extends ScheduledUser {
  /** Empty where nobody signs in. */
  readonly password: string;
}

export type UsersRead = { readonly kind: "users"; readonly users: readonly LoadUser[] } | Wrong;

/** Where a file is wrong, counted from 1, and how; `detail` is for a person. What is about the file as a whole is at 1:1. */
interface Wrong {
  readonly kind: "wrong";
  readonly line: number;
  readonly column: number;
  readonly detail: string;
}

/** Users of one load, and the size of a file of them. */
const mostUsers = 20_000;
const mostBytes = 8_388_608;

const knownKeys = ["user", "password", "partition"];
const line = Compile(Type.Object({ user: Type.String(), password: Type.Optional(Type.String()) }));

/** The users of a lab, of a large one the first 20,000; undefined while it is not filled yet. */
export function usersOfLab(lab: LabFile): readonly LoadUser[] | undefined {
  const count = labObject(lab)?.users.count;
  return count === undefined ? undefined : populate(lab.partitions, Math.min(count, mostUsers)).users;
}

/** Reads a file of users. `signsIn`: each needs a password. */
export function readUsersFile(file: string, signsIn: boolean): UsersRead {
  try {
    if (statSync(file).size > mostBytes) return whole(`is longer than ${mostBytes} bytes`);
    return readUsers(readFileSync(file, "utf8"), signsIn);
  } catch (error) {
    return whole(`cannot be read: ${error instanceof Error && "code" in error ? String(error.code) : "no file"}`);
  }
}

/** As readUsersFile, of its text. The first line that does not fit is what is wrong. */
export function readUsers(text: string, signsIn: boolean): UsersRead {
  const users: LoadUser[] = [];
  for (const [index, words] of text.split("\n").entries()) {
    if (words.trim() === "") continue;
    const read = readLine(words, signsIn);
    if ("detail" in read) return { kind: "wrong", line: index + 1, ...read };
    if (users.length === mostUsers) return whole(`has more than ${mostUsers} users`);
    users.push(read);
  }
  return users.length === 0 ? whole("has no users") : { kind: "users", users };
}

const whole = (detail: string): UsersRead => ({ kind: "wrong", line: 1, column: 1, detail });

/** The user of one line, or what is wrong with it. */
function readLine(words: string, signsIn: boolean): LoadUser | Pick<Wrong, "column" | "detail"> {
  /** At a key, or at the line's first character where it has none such. */
  const wrong = (detail: string, key?: string) => {
    const at = key === undefined ? -1 : words.indexOf(JSON.stringify(key));
    return { column: (at < 0 ? words.search(/\S/) : at) + 1, detail };
  };
  let value: unknown;
  try {
    value = JSON.parse(words);
  } catch {
    return wrong(`is not JSON; write {"user":"a@b.example","password":".."}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return wrong(`is not an object with a "user"`);
  const strange = Object.keys(value).find((key) => !knownKeys.includes(key));
  if (strange !== undefined)
    return wrong(`has a key that nobody reads, "${strange}"; known: ${knownKeys.join(", ")}`, strange);
  if (!line.Check(value)) return wrong(`needs a "user" that is text, and a "password" that is text`);
  if (readAddress(value.user) === undefined)
    return wrong(`has a "user" that is no mail address, as in a@b.example`, "user");
  if (signsIn && value.password === undefined) return wrong(`has no "password", which a sign-in needs`);
  return { address: value.user, alias: value.user, password: value.password ?? "" };
}
