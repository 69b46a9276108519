/**
 * A write that came to a role instance which is not the writer goes on to the writer, once: it carries a mark, and
 * nobody forwards a marked write again, so that two instances with different ideas of the writer cannot toss one between
 * them. It goes past the fault proxies, straight to the sibling. What the writer says is passed back as it is.
 */
import type { Readable } from "node:stream";
import { Agent, request } from "undici";
import { remainingHeader } from "@cordon/policy";
import { deadlineHeader, forwardedHeader, remainingMs, type Clock, type Deadline } from "@cordon/model";

export interface Forwardable {
  readonly method: "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string | Readable | undefined;
}

export type Forwarded =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly contentType: string;
      readonly retryAfter: string | undefined;
      readonly body: string;
    }
  /** The writer did not answer in time or not at all; whether it wrote is not known. */
  | { readonly kind: "unavailable" };

export interface Forwarder {
  forward(write: Forwardable, writerUrl: string, deadline: Deadline): Promise<Forwarded>;
  close(): Promise<void>;
}

export function createForwarder(connections: number, clock: Clock): Forwarder {
  const agent = new Agent({ connections });
  return {
    async forward(write, writerUrl, deadline) {
      const now = clock.now();
      const remaining = remainingHeader(deadline, now);
      try {
        const answer = await request(new URL(write.path, writerUrl), {
          dispatcher: agent,
          method: write.method,
          signal: AbortSignal.timeout(Math.ceil(remainingMs(deadline, now))),
          headers: {
            [forwardedHeader]: "1",
            ...(remaining !== undefined && { [deadlineHeader]: remaining }),
            ...(write.contentType !== undefined && { "content-type": write.contentType }),
            ...(write.authorization !== undefined && { authorization: write.authorization }),
          },
          ...(write.body !== undefined && { body: write.body }),
        });
        return {
          kind: "answered",
          status: answer.statusCode,
          contentType: single(answer.headers["content-type"]) ?? "application/json",
          retryAfter: single(answer.headers["retry-after"]),
          body: await answer.body.text(),
        };
      } catch {
        return { kind: "unavailable" };
      }
    },
    close: () => agent.destroy(),
  };
}

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
