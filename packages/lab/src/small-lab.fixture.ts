/** The smallest lab there is, and one whose front doors are stand-ins: what most tests of labs start from. */
import { serviceParts, type LabOptions, type LabParts } from "./lab.ts";
import { settingsOf } from "./presets.ts";
import { programs } from "./testing.fixture.ts";

/** One partition of one role instance, with every protection. */
export const smallLab = (root: string, runId: string): LabOptions => ({
  root,
  runId,
  settings: settingsOf("on", []),
  partitions: 1,
  roleInstances: 1,
  faultPoints: false,
  keepsHistory: false,
  store: "lmdb",
  seed: "seed",
  tenants: [{ domain: "one.example", partition: "p1" }],
});

/** The services' own parts but for auth and mail, which do what a test has them do. */
export const standInParts: LabParts = {
  ...serviceParts,
  programs: { ...serviceParts.programs, auth: programs.standIn, mail: programs.standIn },
};
