/**
 * The word to a webhook when a drill begins and when it has ended, so that the people on call know that what they see is
 * a drill. It is a courtesy: it is tried twice, within a bound, and whatever becomes of it neither delays nor fails a
 * drill. Invariants: it carries no secret; of an address that fails only the origin is said, for its path may be one.
 */
import type { Verdict } from "@cordon/model";

export interface WebhookWord {
  readonly event: "start" | "stop";
  readonly drill: string;
  readonly seed: string;
  /** Of a drill that has ended with one. */
  readonly verdict?: Verdict;
}

const tries = 2;

/** Whether a webhook may be there. A name and a password in an address are sent to nobody, so one that has them is none. */
export function isWebhookUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.password === "";
}

/**
 * POSTs the word as JSON to an address that `isWebhookUrl`. Never rejects: `failed` hears, in words, that nobody took it.
 * It has ended after twice `timeoutMs` at the latest.
 */
export async function tellWebhook(
  url: string,
  word: WebhookWord,
  timeoutMs: number,
  failed: (why: string) => void,
): Promise<void> {
  let why = "";
  for (let tried = 0; tried < tries; tried++) {
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", connection: "close" },
        body: JSON.stringify(word),
        // Where it would be sent on to is nobody's choice but the one who gave the address.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      if (response.ok) return;
      const sentOn = response.status >= 300 && response.status < 400;
      why = `it answered ${response.status}${sentOn ? ", which sends the word on elsewhere, and nobody followed" : ""}`;
    } catch (error) {
      why = whyOf(error, timeoutMs);
    }
  }
  failed(`the webhook at ${new URL(url).origin} was not told of the ${word.event}: ${why}`);
}

/** Why there was no answer to speak of. Of what was received nothing is told: it may be anything. */
function whyOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return "it could not be reached";
  if (error.name === "TimeoutError") return `no answer in ${timeoutMs} ms`;
  const { cause } = error;
  if (!(cause instanceof Error)) return "it could not be reached";
  const code = "code" in cause ? String(cause.code) : "";
  if (cause.name === "HTTPParserError") return "what it answered is not HTTP";
  if (code === "UND_ERR_SOCKET" || code === "ECONNRESET") return "it hung up without an answer";
  return "it could not be reached";
}
