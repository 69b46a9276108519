/**
 * The published form of `result.json`: JSON Schema 2020-12, made from the one definition in the model, so that a reader
 * in another language checks against the same contract. A test holds docs/schema/cordon.drill.1.schema.json to it.
 * Print it with `node packages/measure/src/schema-file.ts > docs/schema/cordon.drill.1.schema.json`, then format it.
 */
import { ResultSchema } from "@cordon/model";

/** The text of the schema file. Readers must pass over keys they do not know: later versions add some. */
export const schemaText = (): string =>
  `${JSON.stringify(
    {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: "urn:cordon:schema:drill:1",
      title: "cordon.drill/1: the result of a drill",
      ...ResultSchema,
    },
    null,
    2,
  )}\n`;

if (import.meta.main) console.log(schemaText().trimEnd());
