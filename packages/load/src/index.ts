/** A load and its parts: what drills and the command line need to offer sign-ins and mail, and to judge what came of it. */
export { readLimits, samplesFor } from "./limits.ts";
export { composeMail, sendMail } from "./mail.ts";
export { startPacer, type Attempted } from "./pace.ts";
export { loadReport } from "./report.ts";
export { loadBounds, plannedOf, runLoad, type LoadOrder, type LoadRun, type LoadWay } from "./run.ts";
export { planWorkload, type Planned } from "./schedule.ts";
export { createSignInClient } from "./sign-in.ts";
export { readUsersFile, usersOfLab, type LoadUser } from "./users.ts";
export type { LoadVerdict } from "./verdict.ts";
