/**
 * `cordon.load/1`: what a load came to, as `cordon load --json` prints it. A contract (docs/schema): keys are only ever
 * added. Shares are 0..1; a percentile that was read from too few samples is null. It names no user and no password.
 * Print its schema with `node packages/load/src/report.ts > docs/schema/cordon.load.1.schema.json`, then format it.
 */
import { Type, type Static } from "typebox";
import { PctSchema } from "@cordon/model";
import type { LoadBounds, LoadRun } from "./run.ts";
import { loadVerdicts } from "./verdict.ts";

const Count = Type.Integer({ minimum: 0 });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const OrNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const LoadReportSchema = Type.Object({
  schema: Type.Literal("cordon.load/1"),
  target: Type.Union([Type.Literal("auth"), Type.Literal("mail")]),
  place: Type.String({ description: "base URL of auth, or host:port of SMTP" }),
  loop: Type.Union([Type.Literal("closed"), Type.Literal("open")]),
  connections: OrNull(Count),
  ratePerSecond: OrNull(Type.Number()),
  seed: Type.String(),
  users: Count,
  lengthMs: Type.Number(),
  elapsedMs: Type.Number(),
  patienceMs: Type.Number(),
  offered: Count,
  sent: Count,
  answered: Count,
  served: Count,
  degraded: Count,
  failed: Count,
  unsent: Count,
  unfinished: Type.Integer({ minimum: 0, description: "under way when the run ended; judged by nobody" }),
  ends: Type.Record(Type.String(), Count, { description: "how many ended with each status or client's word" }),
  latencyFrom: Type.Union([Type.Literal("sending"), Type.Literal("schedule")]),
  latencyMs: PctSchema,
  generator: Type.Object({
    lagP99Ms: OrNull(Type.Number()),
    coreShare: Share,
    othersShare: OrNull(Type.Number({ minimum: 0, maximum: 1, description: "of all cores, by other processes" })),
    bounds: Type.Object({ lagP99Ms: Type.Number(), coreShare: Share }),
  }),
  limits: Type.Array(
    Type.Object({
      text: Type.String(),
      measured: OrNull(Type.Number({ description: "milliseconds, or a share" })),
      bound: Type.Number(),
      held: OrNull(Type.Boolean()),
    }),
  ),
  verdict: Type.Enum(loadVerdicts),
  reasons: Type.Array(Type.String()),
  exitCode: Type.Integer({ minimum: 0, maximum: 255 }),
});
export type LoadReport = Static<typeof LoadReportSchema>;

export function loadReport(run: LoadRun, { patienceMs, own: bounds }: LoadBounds, exitCode: number): LoadReport {
  const { order, figures, own, verdict, limits, offered, elapsedMs } = run;
  const { way, users, seed, lengthMs } = order;
  const { latency, ends, ...counts } = figures;
  return {
    schema: "cordon.load/1",
    target: way.target,
    place: way.target === "auth" ? way.url : `${way.host}:${way.port}`,
    loop: way.loop,
    connections: way.loop === "closed" ? way.connections : null,
    ratePerSecond: way.rate,
    seed,
    users: users.length,
    lengthMs,
    elapsedMs,
    patienceMs,
    offered,
    ...counts,
    ends: { ...ends },
    latencyFrom: way.loop === "closed" ? "sending" : "schedule",
    latencyMs: latency,
    generator: { ...own, bounds: { ...bounds } },
    limits: limits.map(({ text, measured, bound, held }) => ({ text, measured, bound, held })),
    verdict: verdict.kind,
    reasons: [...verdict.reasons],
    exitCode,
  };
}

/** The text of the schema file. Readers must pass over keys they do not know: later versions add some. */
export const schemaText = (): string =>
  `${JSON.stringify(
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "urn:cordon:schema:load:1",
      title: "cordon.load/1: what a load came to",
      ...LoadReportSchema,
    },
    null,
    2,
  )}\n`;

if (import.meta.main) console.log(schemaText().trimEnd());
