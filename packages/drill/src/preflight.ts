/**
 * What must be so before anything is broken. Whoever finds that it is not so throws a PreflightError: the run ends without
 * a verdict, because nothing was injected and there is nothing to judge.
 */

/** For a person: what is not sound, and what to do. */
export class PreflightError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "PreflightError";
  }
}
