/**
 * The first container of a lab to run, and to end: `node prepare.ts --plan FILE`. It makes the token and the key that maps
 * are signed with, once, so that neither stands in a file that is handed round; and it writes the configuration of every
 * other container, anew each time, into the folder they share.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolder, readConfig } from "@cordon/runtime";
import { configFile, eventsDir, maildirsDir, mapPrivateKeyFile, mapPublicKeyFile, tokenFile } from "../paths.ts";
import { makeMapKey } from "../run-folder.ts";
import { containerConfigs } from "./configs.ts";
import { ContainerPlanSchema, type ContainerPlan } from "./plan.ts";
import { runOnce } from "./program.ts";

function prepare(plan: ContainerPlan): void {
  const { dir } = plan;
  const configs = dirname(configFile(dir, "any"));
  for (const folder of [configs, eventsDir(dir), maildirsDir(dir), dirname(mapPrivateKeyFile(dir))]) makeFolder(folder);
  if (!existsSync(mapPublicKeyFile(dir))) makeMapKey(dir);
  for (const { file, text } of containerConfigs(plan, tokenIn(dir))) {
    // The servers of other images run as other users, and the folder is shared with the lab's containers alone.
    writeFileSync(join(configs, `${file}.new`), text, { mode: 0o644 });
    renameSync(join(configs, `${file}.new`), join(configs, file));
  }
}

function tokenIn(dir: string): string {
  const file = tokenFile(dir);
  if (!existsSync(file)) writeFileSync(file, `${randomBytes(24).toString("hex")}\n`, { mode: 0o600 });
  return readFileSync(file, "utf8").trim();
}

await runOnce("prepare", "plan", (file) => prepare(readConfig(ContainerPlanSchema, file)));
