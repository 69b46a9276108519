/**
 * A program for tests that stands where a role instance would: the first one of a partition serves and writes as it is
 * told, every other one never gets that far.
 */
import { createServer } from "node:http";
import { Type } from "typebox";
import { ListenSchema, ProcessConfigSchema, readConfig, runProcess } from "@cordon/runtime";

const ReluctantConfigSchema = Type.Object(
  { ...ProcessConfigSchema.properties, listen: Type.Object({ service: ListenSchema, health: ListenSchema }) },
  { additionalProperties: true },
);

await runProcess(
  (file) => readConfig(ReluctantConfigSchema, file),
  process.argv,
  async ({ config, link }) => {
    const server = createServer((_request, response) => response.end("{}"));
    await new Promise<void>((resolve) => {
      if (config.instance?.endsWith("a")) server.listen(config.listen.service.port, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("it listens on no port");
    link.onAppointment(({ term, writer }) => link.appointed(term, writer === config.instance));
    const url = `http://127.0.0.1:${address.port}`;
    return {
      ports: { service: url, health: url },
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
    };
  },
);
