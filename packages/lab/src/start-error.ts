/** Why a lab did not start, in words for the person who started it: what is missing or refused, where, and what to do. */

/** A lab could not be started; the message is for a person. Everything that was started is gone. */
export class LabStartError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LabStartError";
  }
}

/** What the system said to a write in `folder`, as a LabStartError with the fix. Any other error comes back as it is. */
export function startErrorOf(error: unknown, folder: string, fix: string): unknown {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  if (code === undefined) return error;
  return new LabStartError(
    `nothing can be written to ${folder} (${code}): ${code === "ENOSPC" ? "make room there" : fix}`,
  );
}
