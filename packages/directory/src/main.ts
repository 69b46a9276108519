/** The process of one role instance: `node main.ts --config FILE`. */
import { readConfig, runProcess } from "@cordon/runtime";
import { DirectoryConfigSchema } from "./config.ts";
import { start } from "./start.ts";

await runProcess((file) => readConfig(DirectoryConfigSchema, file), process.argv, start);
