/**
 * `node test/drills/run-interrupt.ts [--each N] [--seed S]`: N random moments for each way of breaking a drill off, one
 * line each. Exit 0 when nothing was ever left and every exit code was right, else 4.
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { blows, codeAfter, interrupt, lineOf } from "./interrupt.ts";

const { values } = parseArgs({ options: { each: { type: "string" }, seed: { type: "string" } } });
const each = Number(values.each ?? 10);
const seed = values.seed ?? randomBytes(4).toString("hex");
if (!Number.isInteger(each) || each < 1) {
  process.stderr.write(`--each ${values.each}: give a whole number above 0\n`);
  process.exit(2);
}
let bad = 0;
for (const blow of blows) {
  for (let ordinal = 0; ordinal < each; ordinal++) {
    const interruption = await interrupt(blow, seed, ordinal);
    if (interruption.left.length > 0 || interruption.code !== codeAfter[blow]) bad += 1;
    process.stdout.write(`${lineOf(interruption)}\n`);
  }
}
process.stdout.write(`seed ${seed}: ${blows.length * each} interruptions, ${bad} bad\n`);
process.exit(bad === 0 ? 0 : 4);
