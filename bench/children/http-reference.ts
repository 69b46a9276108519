/**
 * The services that Cordon's front door is measured against, all of plain Fastify with a schema for the body: `alone`
 * answers a sign-in with a prepared answer; `hop` asks the user's partition with undici, whatever that costs, and answers
 * the same; and the three that guard a resource with a token: `open` does not look at it, `jose` and `node-crypto` check
 * signature, issuer and expiry.
 */
import { createPublicKey, verify, type KeyObject } from "node:crypto";
import Fastify, { type FastifyInstance } from "fastify";
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { Agent, request } from "undici";
import { SignInAnswerSchema, SignInRequestSchema, type SignInAnswer, type SignInRequest } from "@cordon/model";
import { argsOf, serve } from "./serve.ts";

export type ReferenceArgs =
  | { readonly kind: "alone" }
  /** `services`: tenant -> base URL of a role instance of its partition. */
  | { readonly kind: "hop"; readonly services: Readonly<Record<string, string>> }
  | { readonly kind: "open" | "jose" | "node-crypto"; readonly jwks: JSONWebKeySet; readonly issuer: string };
/** Base URL. */
export type ReferenceReady = string;

const prepared: SignInAnswer = {
  token: "x".repeat(420),
  tokenType: "Bearer",
  expiresInSeconds: 3_600,
  degraded: false,
};
const signInSchema = { body: SignInRequestSchema, response: { 200: SignInAnswerSchema } };

const app = Fastify({ logger: false });
const args = argsOf<ReferenceArgs>();
switch (args.kind) {
  case "alone":
    app.post("/v1/sign-in", { schema: signInSchema }, () => prepared);
    break;
  case "hop":
    addHop(app, args.services);
    break;
  case "open":
  case "jose":
  case "node-crypto":
    addResource(app, tokenCheck(args.kind, args.jwks, args.issuer));
}
const url: ReferenceReady = await app.listen({ host: "127.0.0.1", port: 0 });
serve(url, () => "done");

function addHop(on: FastifyInstance, services: Readonly<Record<string, string>>): void {
  const dispatcher = new Agent({ connections: 64 });
  on.post<{ Body: SignInRequest }>("/v1/sign-in", { schema: signInSchema }, async ({ body }, reply) => {
    const service = services[body.address.slice(body.address.lastIndexOf("@") + 1)];
    const answer = await request(`${service}/v1/verify`, {
      dispatcher,
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { kind } = (await answer.body.json()) as { kind?: string };
    return kind === "verified" ? prepared : reply.code(401).send();
  });
}

function addResource(on: FastifyInstance, holds: (token: string) => boolean | Promise<boolean>): void {
  on.get("/resource", async ({ headers }, reply) => {
    const good = await holds(headers.authorization?.slice("Bearer ".length) ?? "");
    return good ? { ok: true } : reply.code(401).send();
  });
}

function tokenCheck(
  kind: "open" | "jose" | "node-crypto",
  jwks: JSONWebKeySet,
  issuer: string,
): (token: string) => boolean | Promise<boolean> {
  switch (kind) {
    case "open":
      return () => true;
    case "jose": {
      const keys = createLocalJWKSet(jwks);
      return (token) =>
        jwtVerify(token, keys, { issuer }).then(
          () => true,
          () => false,
        );
    }
    case "node-crypto": {
      const [key] = jwks.keys;
      if (key === undefined) throw new Error("the key set is empty");
      const publicKey = createPublicKey({ key, format: "jwk" });
      return (token) => holdsByNode(token, publicKey, issuer);
    }
  }
}

function holdsByNode(token: string, key: KeyObject, issuer: string): boolean {
  const [header = "", payload = "", signature = ""] = token.split(".");
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))) return false;
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { iss?: string; exp?: number };
  return claims.iss === issuer && (claims.exp ?? 0) * 1_000 > Date.now();
}
