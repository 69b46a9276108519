/**
 * `cordon load` against a real lab: sign-ins by either loop and mail in real sessions, by the lab's own users. What the
 * figures are is the host's matter; that they add up, that everyone is known there, and what becomes of them when a
 * partition is silent, is the lab's.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hasProc } from "@cordon/runtime";
import { cordon } from "../support/cli.ts";
import { cordonJson } from "../support/cordon-json.ts";
import { until } from "../support/until.ts";

interface Report {
  readonly verdict: string;
  readonly exitCode: number;
  readonly offered: number;
  readonly sent: number;
  readonly served: number;
  readonly degraded: number;
  readonly failed: number;
  readonly unsent: number;
  readonly unfinished: number;
  readonly ends: Readonly<Record<string, number>>;
}

const deliveredWithinMs = 60_000;

async function load(root: string, ...words: readonly string[]): Promise<Report> {
  const { code, stdout, stderr } = await cordon(root, "load", ...words, "--json");
  if (stdout === "") throw new Error(stderr);
  const report = JSON.parse(stdout) as Report;
  expect(report.exitCode).toBe(code);
  expect(report.served + report.failed + report.unfinished).toBe(report.sent + report.unsent);
  return report;
}

// Where there is no /proc, what a killed test leaves cannot be cleared.
test.skipIf(!hasProc())("a lab is loaded by its own users, by sign-ins and by mail (needs /proc)", async () => {
  const root = mkdtempSync(join(tmpdir(), "cordon-load-"));
  await using scope = new AsyncDisposableStack();
  scope.defer(async () => {
    await cordon(root, "down");
    await cordon(root, "doctor");
    rmSync(root, { recursive: true, force: true });
  });
  const small = ["--partitions", "2", "--roles", "1", "--users", "8"];
  const lab = await cordonJson(root, "lab", "up", "--detach", ...small);

  const closed = await load(root, "auth", "--for", "3s", "--connections", "2");
  expect(closed.served).toBeGreaterThan(0);
  // Nobody's password was wrong: all that may be refused is what a busy host makes the door refuse.
  expect(Object.keys(closed.ends).filter((end) => /^4(?!29)/.test(end))).toEqual([]);

  const open = await load(root, "auth", "--open", "--rate", "4", "--for", "3s");
  expect([open.offered, open.sent]).toEqual([12, 12]);
  expect(open.served).toBeGreaterThan(0);

  const mail = await load(root, "mail", "--rate", "5", "--for", "3s");
  expect([mail.offered, mail.sent]).toEqual([15, 15]);
  expect(mail.served).toBeGreaterThan(0);
  const delivered = (): number =>
    readdirSync(lab.maildirs)
      .map((mailbox) => join(lab.maildirs, mailbox, "new"))
      .reduce((sum, folder) => sum + (existsSync(folder) ? readdirSync(folder).length : 0), 0);
  // What had no answer may have been taken all the same.
  await until("all that was accepted is there", deliveredWithinMs, () => delivered() >= mail.served);
  expect(delivered()).toBeLessThanOrEqual(mail.sent);
});
