/**
 * What the auth front end says to the world.
 *
 *   POST /v1/sign-in              SignInRequest -> SignInAnswer | 401 | 429 | 503 problem
 *   GET  /.well-known/jwks.json   the Ed25519 public keys, RFC 7517 / 8037
 *   GET  /openapi.json            OpenAPI 3.1 of all of this
 */
import { Type, type Static } from "typebox";

export const SignInRequestSchema = Type.Object(
  {
    address: Type.String({ maxLength: 400, description: "The mail address of the user" }),
    password: Type.String({ maxLength: 1024 }),
  },
  { additionalProperties: false },
);
export type SignInRequest = Static<typeof SignInRequestSchema>;

export const SignInAnswerSchema = Type.Object({
  token: Type.String({ description: "JWT (RFC 7519), EdDSA over Ed25519 (RFC 8037)" }),
  tokenType: Type.Literal("Bearer"),
  expiresInSeconds: Type.Integer({ minimum: 1 }),
  degraded: Type.Boolean({
    description: "True when the partition was unavailable and a credential kept on this host vouched",
  }),
});
export type SignInAnswer = Static<typeof SignInAnswerSchema>;
