/** A lab and what keeps it: what drills, the command line and the tests need to start one, fill it, order it about and clear it away. */
export { examineLabs, type DoctorReport } from "./doctor.ts";
export { fillDirectory } from "./fill.ts";
export { followEvents } from "./follow.ts";
export { openJournal, readJournal } from "./journal.ts";
export { serviceParts, startLab, startLabOf, type Lab } from "./lab.ts";
export type { LabInstance } from "./lab-file.ts";
export { giveOrder } from "./operator.ts";
export { historyDir, journalFile, labsDir, linkSocket, runDir } from "./paths.ts";
export { partitionIds, type LabSettings } from "./plan.ts";
export { importLines, populate, type LabUser, type Population } from "./population.ts";
export { disabledIn, isPresetName, presetNames, settingsOf, type PresetName } from "./presets.ts";
export { LabStartError } from "./ready.ts";
