/**
 * The control process: `node main.ts --config FILE`. It is the first to start and the last to stop, and outlives every
 * partition.
 */
import { readConfig, runProcess } from "@cordon/runtime";
import { ControlServiceConfigSchema } from "./config.ts";
import { start } from "./start.ts";

await runProcess((file) => readConfig(ControlServiceConfigSchema, file), process.argv, start);
