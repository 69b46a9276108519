/** The experiments: what the command line and the tests need to run a drill and to repeat it. */
export { drills } from "./incidents/list.ts";
export type { Drill, Profile } from "./drill.ts";
export { runDrill, type DrillObserver, type DrillOptions } from "./run.ts";
export { drawHandsOn, handsOnSeconds, isRightOrder, leftToTheOperator, possibleVariants } from "./hands-on.ts";
export { abortGrammar, parseAbortCondition } from "./abort-when.ts";
export type { LiveFigures } from "./live.ts";
export { isPaused, pauseMaxMs, resume } from "./pause.ts";
export { isWebhookUrl, tellWebhook } from "./webhook.ts";
export { timelineText, verdictText } from "./report/terminal.ts";
export { writeReports } from "./report/write.ts";
export { compareResults, type Named } from "./report/compare.ts";
export { compareText } from "./report/compare-text.ts";
export { brokenBy, repeatDrill, spreadsOf, type RepeatObserver } from "./repeat.ts";
export { bound, time } from "./report/format.ts";
export { audit } from "./audit.ts";
