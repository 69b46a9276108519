/** The supervisor's two dealings with control: it publishes the map, and it hears the operator's orders. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { OperatorState } from "@cordon/model";
import { createControlClient } from "@cordon/control-client";
import type { ProcessContext } from "@cordon/runtime";
import { dataDir, mapPublicKeyFile } from "../paths.ts";
import type { LabPlan } from "../plan.ts";
import { createMapPublisher, type MapPublisher } from "./map-publisher.ts";

export interface Control extends MapPublisher {
  close(): void;
}

/** Follows control at `url` from now on. */
export function connectControl(
  url: string,
  parts: {
    readonly context: ProcessContext<LabPlan>;
    readonly token: string;
    /** Which process control is now; undefined while it does not serve. */
    readonly controlPid: () => number | undefined;
    readonly onOperator: (state: OperatorState) => void;
    /** A newer map has come. */
    readonly onMap: () => void;
  },
): Control {
  const { config: plan, clock, random, events, log } = parts.context;
  const client = createControlClient(
    {
      url,
      token: parts.token,
      mapKey: readFileSync(mapPublicKeyFile(plan.dir), "utf8"),
      mapFile: join(dataDir(plan.dir, "supervisor"), "map.json"),
    },
    clock,
    random,
  );
  const publisher = createMapPublisher({
    control: client,
    tenants: plan.tenants,
    events,
    log,
    callTimeoutMs: plan.bounds.callTimeoutMs,
    controlPid: parts.controlPid,
    changed: parts.onMap,
  });
  client.followOperator(parts.onOperator);
  return { ...publisher, close: () => client.close() };
}
