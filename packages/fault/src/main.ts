/** The fault process: `node main.ts --config FILE`. It breaks nothing until it is told to. */
import { readConfig, runProcess } from "@cordon/runtime";
import { FaultConfigSchema } from "./config.ts";
import { systemGround } from "./ground.ts";
import { startFaultService } from "./service.ts";

await runProcess(
  (file) => readConfig(FaultConfigSchema, file),
  process.argv,
  ({ config, clock, log, events }) => startFaultService({ config, ground: systemGround(clock), log, events }),
);
