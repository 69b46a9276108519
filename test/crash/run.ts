/**
 * `node test/crash/run.ts [--kills N] [--seed S]`: the crash test at full length, and one line of what it came to on
 * stdout. Exit 0 when nothing was wrong, 4 when something was; what it was stands on stderr, one line each.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { lineOf, runCampaign } from "./campaign.ts";

const { values } = parseArgs({ options: { kills: { type: "string" }, seed: { type: "string" } } });
const kills = Number(values.kills ?? 200);
const seed = values.seed ?? randomBytes(4).toString("hex");
if (!Number.isInteger(kills) || kills < 1) {
  process.stderr.write(`--kills ${values.kills}: give a whole number above 0\n`);
  process.exit(2);
}
process.stderr.write(`seed ${seed}: ${kills} strikes\n`);
const report = await runCampaign(kills, seed);
for (const line of report.wrong) process.stderr.write(`${line}\n`);
process.stdout.write(`${lineOf(report)}\n`);
process.exit(report.wrong.length === 0 ? 0 : 4);
