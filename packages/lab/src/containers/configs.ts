/**
 * The configuration of each container of a lab: what the same process is told in a lab on one machine, under the preset
 * `on`, with the addresses of a network and with what a supervisor would have said: the first map for control, the
 * proxies for the fault process, and who writes for each role instance.
 * Invariant: no number is written here that stands in configs.ts or presets.ts.
 */
import { firstMap } from "../build-map.ts";
import { configOf, type ConfigFor } from "../configs.ts";
import { serviceParts } from "../lab.ts";
import { eventsFile } from "../paths.ts";
import { partitionIds, type LabPlan, type Role } from "../plan.ts";
import { populate } from "../population.ts";
import { settingsOf } from "../presets.ts";
import { redisConf, redisPassword, redisUrl } from "../redis-conf.ts";
import { containerPorts, directUrl, placedInstances, redisHost, type ContainerPlan } from "./plan.ts";

export interface ConfigFile {
  /** Name of the file, below the folder of configurations. */
  readonly file: string;
  readonly text: string;
}

/** A process, where it listens, and what it is told beyond what a lab on one machine tells it. */
type ContainerRow = readonly [
  process: ConfigFor & { readonly role: Exclude<Role, "redis"> },
  ports: Readonly<Record<string, string>>,
  own: object,
];

const everywhere = "0.0.0.0";
const at = (port: number): string => `http://${everywhere}:${port}`;

/** Every file of configuration. The key of the map is there already; each file holds the token. */
export function containerConfigs(plan: ContainerPlan, token: string): readonly ConfigFile[] {
  const { control, auth, service, health, mx, submission, mailApi, fault } = containerPorts;
  const configs: readonly ContainerRow[] = [
    [{ name: "control", role: "control" }, { service: at(control) }, { firstMap: firstMapOf(plan) }],
    [{ name: "fault", role: "fault" }, { api: at(fault) }, { proxies: proxiesOf(plan) }],
    ...placedInstances(plan).map(({ id, partition }): ContainerRow => [
      { name: id, role: "directory", partition, instance: id },
      { service: at(service), health: at(health) },
      { appointment: appointmentOf(plan, partition) },
    ]),
    [{ name: "auth", role: "auth" }, {}, { listen: { host: everywhere, port: auth } }],
    [{ name: "mail", role: "mail" }, { mx: at(mx), submission: at(submission), api: at(mailApi) }, {}],
  ];
  const services = configs.map(([process, ports, own]): ConfigFile => {
    const parts = {
      plan: labPlanOf(plan),
      token,
      controlUrl: `http://control:${control}`,
      authUrl: `http://auth:${auth}`,
    };
    const told = { ...configOf(process, process.role, { ...parts, ports }), supervisorSocket: null, ...own };
    return { file: `${process.name}.yaml`, text: `${JSON.stringify(onRedis(told, process, token), null, 2)}\n` };
  });
  return [...services, ...redisFiles(plan, token), fillFile(plan, token)];
}

/** A role instance finds its partition's Redis by its host name. */
const onRedis = (config: object, { partition }: ConfigFor, token: string): object =>
  "store" in config && typeof config.store === "object" && partition !== undefined
    ? {
        ...config,
        store: {
          ...config.store,
          url: redisUrl(redisHost(partition), containerPorts.redis, redisPassword(token, partition)),
        },
      }
    : config;

const redisFiles = (plan: ContainerPlan, token: string): readonly ConfigFile[] =>
  partitionIds(plan).map((partition) => ({
    file: `${redisHost(partition)}.conf`,
    text: redisConf({
      host: everywhere,
      port: containerPorts.redis,
      data: "/data",
      password: redisPassword(token, partition),
    }),
  }));

/** What `fill.ts` is told. */
function fillFile(plan: ContainerPlan, token: string): ConfigFile {
  const writers = partitionIds(plan).map((partition) => ({ partition, service: directUrl(writerOf(plan, partition)) }));
  return { file: "fill.yaml", text: `${JSON.stringify({ token, users: plan.users, writers }, null, 2)}\n` };
}

/** Callers know a role instance by its fault proxy, as in every lab. */
function firstMapOf(plan: ContainerPlan): object {
  const endpoints = new Map<string, { id: string; service: string }[]>();
  for (const { id, partition, proxyPort } of placedInstances(plan))
    endpoints.set(partition, [...(endpoints.get(partition) ?? []), { id, service: `http://fault:${proxyPort}` }]);
  const { partitions, buckets, tenants, pins } = firstMap(tenantsOf(plan), endpoints);
  return { partitions, buckets, tenants, pins };
}

const proxiesOf = (plan: ContainerPlan): readonly object[] =>
  placedInstances(plan).map(({ id, proxyPort }) => ({
    name: id,
    listen: `${everywhere}:${proxyPort}`,
    upstream: `${id}:${containerPorts.service}`,
  }));

const appointmentOf = (plan: ContainerPlan, partition: string): object => {
  const writer = writerOf(plan, partition);
  return { term: 1, writer, writerUrl: directUrl(writer), begins: true };
};

function writerOf(plan: ContainerPlan, partition: string): string {
  const first = placedInstances(plan).find((one) => one.partition === partition);
  if (first === undefined) throw new Error(`${partition} has no role instance`);
  return first.id;
}

const tenantsOf = (plan: ContainerPlan): LabPlan["tenants"] => [...populate(partitionIds(plan), plan.users).tenants];

/** The plan that the builders of configurations read; there is no supervisor to follow the rest of it. */
const labPlanOf = (plan: ContainerPlan): LabPlan => ({
  name: "containers",
  eventsFile: eventsFile(plan.dir, "containers"),
  supervisorSocket: null,
  logLevel: serviceParts.logLevel,
  runId: "containers",
  dir: plan.dir,
  linkSocket: "none",
  partitions: plan.partitions,
  roleInstances: plan.roleInstances,
  faultPoints: false,
  keepsHistory: false,
  store: {
    kind: "redis",
    program: "redis-server",
    environment: {},
    ports: Object.fromEntries(partitionIds(plan).map((id) => [id, containerPorts.redis])),
  },
  seed: plan.seed,
  tenants: tenantsOf(plan),
  settings: settingsOf("on", plan.off),
  programs: serviceParts.programs,
  bounds: serviceParts.bounds.supervision,
});
