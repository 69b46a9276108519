/** What the auth front end is told before it starts. Every bound is required; docs/limits lists them. */
import { Type, type Static } from "typebox";
import { FallbackSettingsSchema, GuardSettingsSchema } from "@cordon/model";
import { ControlConfigSchema } from "@cordon/control-client";
import { ListenSchema, ProcessConfigSchema } from "@cordon/runtime";

export const AuthConfigSchema = Type.Object({
  ...ProcessConfigSchema.properties,
  listen: ListenSchema,
  control: ControlConfigSchema,
  guard: GuardSettingsSchema,
  fallback: Type.Union([FallbackSettingsSchema, Type.Literal("off")]),
  /** Folder of the signing key, the host key, kept credentials and the copy of the revocation log. */
  dataDir: Type.String({ minLength: 1 }),
  /** `iss` of the tokens. */
  issuer: Type.String({ minLength: 1 }),
  tokenSeconds: Type.Integer({ minimum: 1 }),
  /** How long a sign-in may take, fallback included, ms; of it the fallback has the last `fallbackReserveMs` to itself. */
  signInBudgetMs: Type.Number({ exclusiveMinimum: 0 }),
  fallbackReserveMs: Type.Number({ exclusiveMinimum: 0 }),
  /** Sign-ins being worked on at once; the next one is told to come back. */
  maxSignIns: Type.Integer({ minimum: 1 }),
  /** Size of the LMDB environment, bytes. */
  mapSizeBytes: Type.Integer({ minimum: 1_048_576 }),
});
export type AuthConfig = Static<typeof AuthConfigSchema>;
