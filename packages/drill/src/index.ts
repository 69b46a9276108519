/** The experiments: what the command line and the tests need to run a drill, repeat it, and work on a lab. */
export { drills } from "./incidents/list.ts";
export type { Drill, Profile } from "./drill.ts";
export { runDrill, type DrillOptions } from "./run.ts";
export { isPresetName, presetNames, settingsOf, type PresetName } from "./presets.ts";
export { timelineText, verdictText } from "./report/terminal.ts";
export { writeReports } from "./report/write.ts";
export { brokenBy, repeatDrill, spreadsOf, type RepeatObserver } from "./repeat.ts";
export { time } from "./report/format.ts";
export { examineLabs, type DoctorReport } from "./lab/doctor.ts";
export { giveOrder } from "./lab/operator.ts";
export { serviceParts, startLabOf, type Lab } from "./lab/lab.ts";
export type { LabInstance } from "./lab/lab-file.ts";
export type { LabSettings } from "./lab/plan.ts";
export { audit } from "./audit.ts";
export { importLines, populate, type LabUser, type Population } from "./workload/population.ts";
