/** The auth front end as a process: `node main.ts --config FILE`. */
import { readConfig, runProcess } from "@cordon/runtime";
import { AuthConfigSchema, type AuthConfig } from "./config.ts";
import { start } from "./start.ts";

await runProcess<AuthConfig>((file) => readConfig(AuthConfigSchema, file), process.argv, start);
