/**
 * The mail service, put together: smtp-in > admission > spool > recipients > lane > delivery. What was in the spool when
 * the process last ended goes to its lanes as soon as a partition map is there, and the door is open before that: mail is
 * taken in even when everything behind the spool is away.
 * Invariant: every unit the spool holds is in a lane, or on its way there because no map was ever seen.
 */
import { mkdirSync } from "node:fs";
import { createPartitionClient, firstMap } from "@cordon/partition-client";
import type { LaneFill } from "@cordon/policy";
import { createControlClient } from "@cordon/control-client";
import { listen, type ProcessContext, type RunningProcess } from "@cordon/runtime";
import { createAdmission } from "./admission.ts";
import { createApi } from "./api.ts";
import { createAttempts, type Attempts } from "./attempt.ts";
import { createBounceMaker } from "./bounce.ts";
import type { MailConfig } from "./config.ts";
import { createLanes } from "./lanes.ts";
import { createMessageIds } from "./message-id.ts";
import { startSelfCheck } from "./self-check.ts";
import { createSignIn } from "./sign-in.ts";
import { startSmtpIn } from "./smtp-in.ts";
import type { Unit } from "./spool.ts";
import { openSpool } from "./spool-lmdb.ts";

const checkEveryMs = 1000;
/** How often a post without a map says that it is none. */
const noMapEveryMs = 5_000;

export async function start(context: ProcessContext<MailConfig>): Promise<RunningProcess> {
  const { config, clock, log, events, link, random } = context;
  await using scope = new AsyncDisposableStack();
  mkdirSync(config.maildirs, { recursive: true, mode: 0o700 });
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const spool = scope.adopt(
    openSpool(config.dataDir, config.spool, () => clock.now()),
    (open) => open.close(),
  );
  const control = scope.adopt(createControlClient(config.control, clock, random), (open) => open.close());
  const client = createPartitionClient({ settings: config.guard, control, link, events, clock, random, log });
  const nextId = createMessageIds(clock, random);
  const locate: typeof client.locate = (domain) => client.locate(domain);
  const { hostname, postmaster, deferral, expansion, maildirs } = config;
  const bounces = createBounceMaker({ hostname, postmaster, nextId, locate, clock });
  const lanes = createLanes({ settings: config.lanes, client, attempts: (): Attempts => attempts, events, clock });
  // Together: the lanes start nothing more, and what waits for a partition is told at once that there will be no answer.
  scope.defer(async () => {
    await Promise.all([lanes.close(), client.close()]);
  });
  const fill = (partition: string): LaneFill => lanes.fill(partition);
  const hasRoom = (partitions: readonly string[]): boolean =>
    partitions.map(fill).every(({ queued, maxQueued }) => queued < maxQueued);
  const work = { spool, client, bounces, deferral, expansion, maildirs, hostname };
  const attempts = createAttempts({ ...work, hasRoom, clock, random, log });

  const leftOver = [...spool.pending()];
  let waitingForMap = leftOver.length;
  const meanwhile = "recipients are answered 451 and what is in the spool waits";
  const controlUrl = config.control.url;
  void firstMap({ client, log, controlUrl, meanwhile, everyMs: noMapEveryMs }).then(() => {
    waitingForMap = 0;
    lanes.resume(leftOver.map((unit) => placed(unit, locate)));
  });
  const account = () => ({
    spooled: spool.count(),
    queued: spool.fates().queued,
    held: lanes.held() + waitingForMap,
  });
  const check = scope.adopt(startSelfCheck(account, checkEveryMs, log), (running) => running.close());

  const accepted = (units: readonly Unit[]): void => lanes.add(units);
  const admission = createAdmission({ settings: config.admission, client, fill, postmaster, clock });
  const signIn = scope.adopt(createSignIn(config.auth), (open) => open.close());
  const api = scope.adopt(createApi({ spool, lanes, check, clock, log }), (app) => app.close());
  const apiUrl = await listen(api, config.api);
  const smtp = scope.adopt(
    await startSmtpIn({ config, admission, signIn, spool, accepted, nextId, clock, log }),
    (open) => open.close(),
  );
  const open = scope.move();
  return { ports: { ...smtp.ports, api: apiUrl }, close: () => open.disposeAsync() };
}

/** A unit in the lane of the partition its domain lives in now; the map may have changed while the process was away. */
function placed<U extends { readonly address: string; readonly partition: string }>(
  unit: U,
  locate: (domain: string) => { readonly partition: string } | undefined,
): U {
  const domain = unit.address.slice(unit.address.lastIndexOf("@") + 1);
  return { ...unit, partition: locate(domain)?.partition ?? unit.partition };
}
