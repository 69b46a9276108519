/**
 * The operator's HTTP port: the ledger in order of change, the lanes, and what the process thinks of itself. It only
 * tells; nothing is changed here. In June 2014 nobody outside could see whether mail was lost or late.
 * Invariant: health says `ok` only while the spool, the ledger and the lanes agree about how many units wait.
 */
import { Type } from "typebox";
import type { Clock } from "@cordon/model";
import { createApp, serviceBounds, type App, type Log } from "@cordon/runtime";
import type { Lanes } from "./lanes.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Spool } from "./spool.ts";

const longestPage = 1000;

const LedgerQuerySchema = Type.Object(
  {
    after: Type.String({ pattern: "^[0-9]{1,15}$" }),
    limit: Type.String({ pattern: "^[1-9][0-9]{0,3}$" }),
  },
  { additionalProperties: false },
);

export function createApi(about: {
  readonly spool: Spool;
  readonly lanes: Lanes;
  readonly check: SelfCheck;
  readonly clock: Clock;
  readonly log: Log;
}): App {
  const { spool, lanes, check, clock } = about;
  const startedAt = clock.now();
  const app = createApp(about.log, serviceBounds);
  app.get<{ Querystring: { after: string; limit: string } }>(
    "/v1/ledger",
    { schema: { querystring: LedgerQuerySchema } },
    ({ query }) => spool.page(Number(query.after), Math.min(longestPage, Number(query.limit))),
  );
  app.get("/v1/lanes", () => lanes.view());
  app.get("/health", () => ({
    status: check.balanced() ? "ok" : "unbalanced",
    uptimeMs: Math.round(clock.now() - startedAt),
    queued: lanes.held(),
    fates: spool.fates(),
  }));
  return app;
}
