/** The experiments: what the command line needs to run a drill, repeat it, and work on a lab. */
export { drills } from "./incidents/list.ts";
export type { Drill, Profile, ProfileName, Variant } from "./drill.ts";
export { runDrill, type DrillObserver, type DrillOptions, type DrillOutcome } from "./run.ts";
export { isPresetName, presetNames, type PresetName } from "./presets.ts";
export { timelineText, verdictText } from "./report/terminal.ts";
export { writeReports } from "./report/write.ts";
export { brokenBy, repeatDrill, spreadsOf, type RepeatObserver } from "./repeat.ts";
export { time } from "./report/format.ts";
export { examineLabs, type DoctorReport } from "./lab/doctor.ts";
export { giveOrder } from "./lab/operator.ts";
