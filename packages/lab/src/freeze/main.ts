/** The holder of one freeze: `node main.ts --config FILE`. It lives as long as the lease it holds. */
import { readConfig, runProcess } from "@cordon/runtime";
import { FreezeConfigSchema } from "./config.ts";
import { holdFreeze } from "./hold.ts";

await runProcess((file) => readConfig(FreezeConfigSchema, file), process.argv, holdFreeze);
