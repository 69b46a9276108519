/**
 * The last container of a lab to begin, and it ends: `node fill.ts --config FILE` gives every partition its users, the same
 * that any lab has. Users who are there already are left as they are, so that it can run at every start.
 */
import { parseArgs } from "node:util";
import { Type } from "typebox";
import { PartitionIdSchema } from "@cordon/model";
import { ConfigError, readConfig } from "@cordon/runtime";
import { importInto } from "../fill.ts";
import { importLines, populate } from "../population.ts";

const FillConfigSchema = Type.Object({
  token: Type.String({ minLength: 16 }),
  users: Type.Integer({ minimum: 1 }),
  /** The writing role instance of each partition, past its fault proxy. */
  writers: Type.Array(Type.Object({ partition: PartitionIdSchema, service: Type.String({ format: "uri" }) })),
});

const { config: file } = parseArgs({ options: { config: { type: "string" } } }).values;
try {
  if (file === undefined)
    throw new ConfigError("fill", [{ line: 1, column: 1, path: "", message: "give --config FILE" }]);
  const { token, users, writers } = readConfig(FillConfigSchema, file);
  const population = populate(
    writers.map(({ partition }) => partition),
    users,
  );
  for (const { partition, service } of writers) {
    const { imported, of, status } = await importInto(service, token, importLines(population, partition));
    process.stdout.write(`${partition} has ${imported} of ${of} users and aliases (${status})\n`);
    if (imported < of) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
