/**
 * What `cordon ARGS --json` prints, held to its schema in docs/schema: a test that reads it as a script would gets a value
 * that fits, or fails with what does not.
 */
import { readFileSync } from "node:fs";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect } from "vitest";
import type { LabObject } from "@cordon/lab";
import { cordon } from "./cli.ts";

export interface FaultLine {
  readonly target: string;
  readonly kind: string;
  readonly name: string;
  readonly leaseLeftMs: number | null;
}

interface Printed {
  readonly lab: LabObject;
  readonly down: { readonly dir: string | null; readonly left: readonly unknown[]; readonly others: readonly string[] };
  readonly faults: { readonly action: string; readonly faults: readonly FaultLine[] };
  readonly order: { readonly order: string; readonly partition: string };
}

const check: Readonly<Record<keyof Printed, ValidateFunction>> = {
  lab: schemaCheck("lab"),
  down: schemaCheck("down"),
  faults: schemaCheck("faults"),
  order: schemaCheck("order"),
};

/** Whether a value is as the schema cordon.NAME/1 has it. */
export function schemaCheck(name: string): ValidateFunction {
  const file = new URL(`../../docs/schema/cordon.${name}.1.schema.json`, import.meta.url);
  return new Ajv2020().compile(JSON.parse(readFileSync(file, "utf8")) as object);
}

/** Runs `cordon ARGS --json` in `directory`; it ends with exit 0, and what it prints fits the schema cordon.SCHEMA/1. */
export async function cordonJson<Schema extends keyof Printed>(
  directory: string,
  schema: Schema,
  ...args: readonly string[]
): Promise<Printed[Schema]> {
  const { code, stdout, stderr } = await cordon(directory, ...args, "--json");
  if (code !== 0) throw new Error(`cordon ${args.join(" ")} ended with ${code}: ${stderr}`);
  const value: unknown = JSON.parse(stdout);
  expect([check[schema](value), check[schema].errors]).toEqual([true, null]);
  return value as Printed[Schema];
}
