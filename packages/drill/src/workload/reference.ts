/**
 * The idle reference process: it does nothing but ask for a timer and note how late the timer came. What it suffers, the
 * host does to everyone; a drill on a host that delays an idle process proves nothing about a busy one.
 */
import { openSync, writeSync } from "node:fs";
import { Type } from "typebox";
import { ProcessConfigSchema, readConfig, runProcess } from "@cordon/runtime";

const ReferenceConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  everyMs: Type.Number({ exclusiveMinimum: 0 }),
  historyFile: Type.String({ minLength: 1 }),
});

await runProcess(
  (file) => readConfig(ReferenceConfigSchema, file),
  process.argv,
  async ({ config, clock }) => {
    const file = openSync(config.historyFile, "a");
    let due = clock.now() + config.everyMs;
    let timer = setTimeout(note, config.everyMs);
    function note(): void {
      const at = clock.now();
      writeSync(
        file,
        `${JSON.stringify({ type: "noise", at, source: "reference", delayMs: Math.max(0, at - due) })}\n`,
      );
      due = at + config.everyMs;
      timer = setTimeout(note, config.everyMs);
    }
    return {
      ports: {},
      close: async () => {
        clearTimeout(timer);
      },
    };
  },
);
