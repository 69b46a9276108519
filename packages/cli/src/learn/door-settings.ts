/**
 * The file that lesson 1 gives to its learner: the two numbers of a door, and what they make of a lab's settings. Whatever
 * else the door could be told is as the preset `off` has it, so that only these two can help.
 */
import { existsSync } from "node:fs";
import { Type, type Static } from "typebox";
import { settingsOf, type LabSettings } from "@cordon/lab";
import { ConfigError, readConfig } from "@cordon/runtime";
import { endings, Refusal } from "../exit.ts";

export const DoorSettingsSchema = Type.Object({
  /** One pool for all partitions. */
  connections: Type.Integer({ minimum: 1, maximum: 50 }),
  /** What one sign-in may take in all, ms. */
  deadlineMs: Type.Integer({ minimum: 1, maximum: 60_000 }),
});
export type DoorSettings = Static<typeof DoorSettingsSchema>;

/** What is in the learner's file. Throws a Refusal that says where it is wrong, and how to have it as it was given. */
export function readDoorSettings(file: string, startAgain: string): DoorSettings {
  if (!existsSync(file)) throw new Refusal(`${file} is not here; have it given to you: ${startAgain}`, endings.usage);
  try {
    return readConfig(DoorSettingsSchema, file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new Refusal(
      `${error.message}\nmend it, or remove ${file} and take a fresh one: ${startAgain}`,
      endings.usage,
    );
  }
}

/** The settings of the lab whose door is told this. */
export function labSettingsOf({ connections, deadlineMs }: DoorSettings): LabSettings {
  const off = settingsOf("off", []);
  return {
    ...off,
    guard: {
      ...off.guard,
      deadlineMs: { verify: deadlineMs, lookup: deadlineMs },
      bulkhead: { kind: "shared", connections },
    },
  };
}
