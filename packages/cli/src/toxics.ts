/**
 * One toxic on several proxies, as one order: it stands on all of them or on none. A proxy that gave no answer may have
 * taken it all the same, so it is taken away there too; what could not be taken away is said, by proxy.
 */
import type { FaultClient, Reply, ToxicOrder } from "@cordon/fault";
import type { ToxicState } from "@cordon/model";
import { endings, Refusal } from "./exit.ts";

export interface OnProxy {
  readonly target: string;
  readonly toxic: ToxicState;
}

/** Adds `toxic` to each of `targets`. Throws a Refusal; then it stands on none of them but those that the message names. */
export async function addToEach(
  client: FaultClient,
  targets: readonly string[],
  toxic: ToxicOrder & { readonly name: string },
): Promise<readonly OnProxy[]> {
  const added: OnProxy[] = [];
  for (const target of targets) {
    const reply = await client.addToxic(target, toxic);
    if (reply.kind === "ok") {
      added.push({ target, toxic: reply.value });
      continue;
    }
    const touched = [...added.map((one) => one.target), ...(reply.kind === "unreachable" ? [target] : [])];
    const left = await takeBack(client, touched, toxic.name);
    throw refusalOf(
      reply,
      left.map((one) => `\n${toxic.name} may stand on ${one}: cordon fault rm ${one} ${toxic.name}`),
    );
  }
  return added;
}

/** Takes one toxic away. One that is not there has healed. Throws a Refusal when that is not sure. */
export async function removeToxic(client: FaultClient, target: string, name: string): Promise<void> {
  const reply = await client.removeToxic(target, name);
  if (!isGone(reply)) valueOf(reply);
}

/** The value of a reply. Throws a Refusal with what the proxies said. */
export function valueOf<T>(reply: Reply<T>): T {
  if (reply.kind === "ok") return reply.value;
  throw refusalOf(reply, []);
}

/** The targets where it could not be taken away. */
async function takeBack(client: FaultClient, targets: readonly string[], name: string): Promise<readonly string[]> {
  const left: string[] = [];
  for (const target of targets) if (!isGone(await client.removeToxic(target, name))) left.push(target);
  return left;
}

const isGone = (reply: Reply<undefined>): boolean =>
  reply.kind === "ok" || (reply.kind === "refused" && reply.status === 404);

function refusalOf(reply: Exclude<Reply<unknown>, { kind: "ok" }>, besides: readonly string[]): Refusal {
  const told = (message: string): string => [message, ...besides].join("");
  return reply.kind === "refused"
    ? new Refusal(told(errorIn(reply.detail)), endings.usage)
    : new Refusal(told(`the fault proxies do not answer: ${reply.detail}`), {
        code: 1,
        word: "fault proxies unavailable",
      });
}

/** Toxiproxy's errors are JSON; a person wants the sentence in it. */
function errorIn(detail: string): string {
  try {
    return (JSON.parse(detail) as { error?: string }).error ?? detail;
  } catch {
    return detail;
  }
}
