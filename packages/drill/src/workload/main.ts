/** The workload generator as a process of its own, so that what it measures owes nothing to whoever runs the drill. */
import { closeSync, openSync, writeSync } from "node:fs";
import { readConfig, runProcess } from "@cordon/runtime";
import { GeneratorConfigSchema, type GeneratorConfig } from "./config.ts";
import { startGenerator } from "./generator.ts";

await runProcess<GeneratorConfig>(
  (file) => readConfig(GeneratorConfigSchema, file),
  process.argv,
  async ({ config, clock }) => {
    const file = openSync(config.historyFile, "a");
    const generator = startGenerator(config, clock, (line) => {
      writeSync(file, `${JSON.stringify(line)}\n`);
    });
    // The schedule is the process's whole purpose: with its last record written it is done.
    void generator.done.then(async () => {
      await generator.close();
      closeSync(file);
      process.kill(process.pid, "SIGTERM");
    });
    return { ports: {}, close: () => generator.close() };
  },
);
