/** The supervisor process: `node main.ts --config FILE`, where the file is the lab's plan. */
import { readConfig, runProcess } from "@cordon/runtime";
import { LabPlanSchema } from "../plan.ts";
import { startSupervisor } from "./start.ts";

await runProcess((file) => readConfig(LabPlanSchema, file), process.argv, startSupervisor);
