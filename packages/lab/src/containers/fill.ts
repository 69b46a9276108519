/**
 * The last container of a lab to begin, and it ends: `node fill.ts --config FILE` gives every partition its users, the same
 * that any lab has. Users who are there already are left as they are, so that it can run at every start.
 */
import { Type } from "typebox";
import { PartitionIdSchema } from "@cordon/model";
import { readConfig } from "@cordon/runtime";
import { importInto } from "../fill.ts";
import { importLines, populate } from "../population.ts";
import { runOnce } from "./program.ts";

const FillConfigSchema = Type.Object({
  token: Type.String({ minLength: 16 }),
  users: Type.Integer({ minimum: 1 }),
  /** The writing role instance of each partition, past its fault proxy. */
  writers: Type.Array(Type.Object({ partition: PartitionIdSchema, service: Type.String({ format: "uri" }) })),
});

await runOnce("fill", "config", async (file) => {
  const { token, users, writers } = readConfig(FillConfigSchema, file);
  const population = populate(
    writers.map(({ partition }) => partition),
    users,
  );
  for (const { partition, service } of writers) {
    const { imported, of, answer } = await importInto(service, token, importLines(population, partition));
    process.stdout.write(`${partition} has ${imported} of ${of} users and aliases (${answer})\n`);
    if (imported < of) process.exitCode = 1;
  }
});
