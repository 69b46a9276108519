/**
 * Tokens: JWTs signed with Ed25519 (RFC 8037). `cep` is the credential epoch the sign-in was made under, so that whoever
 * checks a token against the revocation log can tell one issued before a change; `degraded` says that a kept credential
 * vouched, and such a token is short.
 */
import { randomUUID } from "node:crypto";
import { calculateJwkThumbprint, exportJWK, SignJWT, type JWK } from "jose";
import type { WallTime } from "@cordon/model";
import type { HostKeys } from "./keys.ts";

export interface TokenSubject {
  readonly userId: string;
  readonly address: string;
  readonly tenant: string;
  readonly credentialEpoch: number;
}

export interface Tokens {
  /** A token good for `seconds` from `wall`. */
  issue(subject: TokenSubject, degraded: boolean, seconds: number, wall: WallTime): Promise<string>;
  /** The public keys, as a JWK set (RFC 7517). */
  readonly jwks: { readonly keys: readonly JWK[] };
}

export async function createTokens(keys: HostKeys, issuer: string): Promise<Tokens> {
  const jwk = await exportJWK(keys.verifying);
  const kid = await calculateJwkThumbprint(jwk);
  return {
    jwks: { keys: [{ ...jwk, kid, use: "sig", alg: "EdDSA" }] },
    issue({ userId, address, tenant, credentialEpoch }, degraded, seconds, wall) {
      const issuedAt = Math.floor(wall / 1_000);
      return new SignJWT({ address, tenant, cep: credentialEpoch, degraded })
        .setProtectedHeader({ alg: "EdDSA", kid, typ: "JWT" })
        .setIssuer(issuer)
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + seconds)
        .sign(keys.signing);
    },
  };
}
