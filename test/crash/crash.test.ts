/**
 * Random SIGKILLs and SIGSTOPs of mail, role instances, control and auth under load: no accepted mail is lost or comes
 * twice, and every acknowledged directory write is there. CORDON_SEED repeats a run as far as chance goes; CORDON_KILLS
 * sets the number of strikes, of which `node test/crash/run.ts` makes 200.
 */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { hasProc } from "@cordon/runtime";
import { lineOf, runCampaign } from "./campaign.ts";

const kills = Number(process.env["CORDON_KILLS"] ?? 45);
const seed = process.env["CORDON_SEED"] ?? randomBytes(4).toString("hex");
/** Beside the strikes, which come about one a second: the lab's start, the last recovery, the backlog, the account. */
const limitMs = 240_000 + kills * 3_000;

// Without /proc no process can be told from another that has its pid: nothing may be struck.
test.skipIf(!hasProc())(
  `${kills} SIGKILLs and SIGSTOPs under load lose nothing that was acknowledged (seed ${seed}; needs /proc, as Linux has it)`,
  { timeout: limitMs },
  async () => {
    const report = await runCampaign(kills, seed);
    console.log(lineOf(report));
    expect(report.wrong).toEqual([]);
    expect(report.mail).toMatchObject({ lost: 0, duplicated: 0 });
    // A test in which nothing happened has shown nothing.
    expect(report.kills + report.freezes).toBe(kills);
    expect(report.fenced).toBeGreaterThan(0);
    expect(report.mail.ok).toBeGreaterThan(kills);
    expect(report.signIns.served).toBeGreaterThan(kills / 2);
    expect(report.writes.acknowledged).toBeGreaterThan(kills / 2);
  },
);
