import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readUsers, readUsersFile } from "./users.ts";

const good = '{"user":"a@b.example","password":"s3cret"}';

describe("a file of users", () => {
  test("has one a line, as a lab's sample has them; empty lines are none", () => {
    expect(readUsers(`${good}\n\n{"user":"c@b.example","password":"x","partition":"p1"}\n`, true)).toEqual({
      kind: "users",
      users: [
        { address: "a@b.example", alias: "a@b.example", password: "s3cret" },
        { address: "c@b.example", alias: "c@b.example", password: "x" },
      ],
    });
  });

  test("needs no passwords where nobody signs in", () => {
    expect(readUsers('{"user":"a@b.example"}', false).kind).toBe("users");
    expect(readUsers('{"user":"a@b.example"}', true)).toMatchObject({
      line: 1,
      column: 1,
      detail: 'has no "password", which a sign-in needs',
    });
  });

  test.each([
    ["s3cret", /^is not JSON/],
    ['["s3cret"]', /^is not an object/],
    ['{"user":"a@b.example","pasword":"s3cret"}', /^has a key that nobody reads, "pasword"; known: user, password/],
    ['{"user":7,"password":"s3cret"}', /^needs a "user" that is text/],
    ['{"user":"a@b.example","password":7}', /^needs a "user" that is text/],
    ['{"user":"nobody","password":"s3cret"}', /^has a "user" that is no mail address, as in a@b.example$/],
  ])("with a wrong line is refused by its number, and the line is not quoted: %s", (line, detail) => {
    const read = readUsers(`${good}\n${line}\n`, true);
    expect(read).toMatchObject({ kind: "wrong", line: 2 });
    expect(read.kind === "wrong" && read.detail).toMatch(detail);
    expect(JSON.stringify(read)).not.toContain("s3cret");
  });

  test("is refused by the column of the key that is wrong", () => {
    expect(readUsers('{"user":"a@b.example", "pasword":"x"}', true)).toMatchObject({ line: 1, column: 24 });
    expect(readUsers(`${good}\n  {"password":"x","user":"nobody"}`, true)).toMatchObject({ line: 2, column: 19 });
    expect(readUsers(`${good}\n  rubbish`, true)).toMatchObject({ line: 2, column: 3 });
  });

  test.each([
    ["no users at all", "\n", "has no users"],
    ["more than a load may have", `${good}\n`.repeat(20_001), "has more than 20000 users"],
  ])("with %s is refused", (_, text, detail) => {
    expect(readUsers(text, true)).toEqual({ kind: "wrong", line: 1, column: 1, detail });
  });

  test("that is not there, or too long, is refused unread", () => {
    const folder = mkdtempSync(join(tmpdir(), "cordon-users-"));
    try {
      writeFileSync(join(folder, "long"), Buffer.alloc(8_388_609, "\n"));
      expect(readUsersFile(join(folder, "long"), true)).toMatchObject({ detail: "is longer than 8388608 bytes" });
      expect(readUsersFile(join(folder, "none"), true)).toMatchObject({ detail: "cannot be read: ENOENT" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
