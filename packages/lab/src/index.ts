/** A lab and what keeps it: what drills, the command line and the tests need to start one, fill it, order it about and clear it away. */
export type { Ailing } from "./ailing.ts";
export { examineLabs, type DoctorReport } from "./doctor.ts";
export { endLab, upLabs, type EndedLab } from "./end-lab.ts";
export { fillDirectory } from "./fill.ts";
export { followEvents } from "./follow.ts";
export { freezesOf, orderFreeze, orderThaw } from "./freeze/order.ts";
export { membersOf } from "./instances.ts";
export { openJournal, readJournal, type NamedProcess } from "./journal.ts";
export { serviceParts, startLab, startLabOf, type Lab } from "./lab.ts";
export { livingLabs, readLivingLab, type LabFile, type LabInstance } from "./lab-file.ts";
export { labObject, type LabObject } from "./lab-object.ts";
export { findLab, giveOrder, noLab } from "./operator.ts";
export { historyDir, isUpRun, journalFile, labsDir, linkSocket, logFile, runDir, upRunId } from "./paths.ts";
export { isStoreKind, partitionIds, storeKinds, type LabSettings, type StoreKind } from "./plan.ts";
export { importLines, populate, type LabUser, type Population } from "./population.ts";
export { disabledIn, isPresetName, presetNames, settingsOf, type PresetName } from "./presets.ts";
export { LabStartError } from "./ready.ts";
export { removeClosedRun, runStateIn, type RunState } from "./run-folder.ts";
