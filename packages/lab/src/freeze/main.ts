/** The keeper of one freeze: `node main.ts --config FILE`. It lives as long as the lease it keeps. */
import { readConfig, runProcess } from "@cordon/runtime";
import { FreezeConfigSchema } from "./config.ts";
import { keepFreeze } from "./keep.ts";

await runProcess((file) => readConfig(FreezeConfigSchema, file), process.argv, keepFreeze);
