/** The mail process: `node main.ts --config FILE`. */
import { readConfig, runProcess } from "@cordon/runtime";
import { MailConfigSchema } from "./config.ts";
import { start } from "./start.ts";

await runProcess((file) => readConfig(MailConfigSchema, file), process.argv, start);
