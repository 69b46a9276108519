/** A load and its parts: what drills and the command line need to offer sign-ins and mail, and to judge what came of it. */
export { composeMail, sendMail } from "./mail.ts";
export { startPacer, type Attempted } from "./pace.ts";
export { planWorkload, type Planned } from "./schedule.ts";
export { createSignInClient } from "./sign-in.ts";
