/** The door's manners: its own description, and what it says to rubbish. */
import { expect, test } from "vitest";
import { bodyOf, openDoor, say, startGround } from "./test-support.ts";

interface Described {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<
    Record<
      string,
      Record<string, { responses: Record<string, { description?: string; content?: Record<string, unknown> }> }>
    >
  >;
}

test("it describes itself in OpenAPI 3.1, from the schemas that check: every answer of a sign-in with its media type", async () => {
  await using ground = await startGround();
  await using door = await openDoor(ground);
  const document = JSON.parse((await say(`${door.url}/openapi.json`)).text) as Described;
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  expect(document.info).toMatchObject({ title: "Cordon sign-in", version: "1" });
  expect(Object.keys(document.paths).toSorted()).toEqual(["/.well-known/jwks.json", "/health", "/v1/sign-in"]);
  for (const methods of Object.values(document.paths))
    for (const { responses } of Object.values(methods))
      for (const answer of Object.values(responses)) expect(answer.description).toEqual(expect.any(String));

  const responses = document.paths["/v1/sign-in"]?.["post"]?.responses ?? {};
  const media = Object.entries(responses).map(([status, { content }]) => [status, Object.keys(content ?? {})]);
  expect(media).toEqual([
    ["200", ["application/json"]],
    ["400", ["application/problem+json"]],
    ["401", ["application/problem+json"]],
    ["429", ["application/problem+json"]],
    ["503", ["application/problem+json"]],
    ["504", ["application/problem+json"]],
  ]);
  expect(document.paths["/v1/sign-in"]).toMatchObject({
    post: {
      requestBody: {
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["address", "password"],
              additionalProperties: false,
              properties: {
                address: { type: "string", maxLength: 400 },
                password: { type: "string", maxLength: 1024 },
              },
            },
          },
        },
      },
      responses: { 503: { headers: { "Retry-After": { schema: { type: "integer" } } } } },
    },
  });
});

test("only public keys are published", async () => {
  await using ground = await startGround();
  await using door = await openDoor(ground);
  const { keys } = bodyOf(await say(`${door.url}/.well-known/jwks.json`)) as { keys: Record<string, unknown>[] };
  expect(keys.map((key) => Object.keys(key).toSorted())).toEqual([["alg", "crv", "kid", "kty", "use", "x"]]);
  expect(keys[0]).toMatchObject({ kty: "OKP", crv: "Ed25519", use: "sig", alg: "EdDSA" });
});

const json = { "content-type": "application/json" };
const secret = "hunter2";

test.each([
  ["no body", 400, { headers: json }],
  ["no JSON", 400, { headers: json, body: `{"address":"a@one.test","password":"${secret}` }],
  ["an array", 400, { headers: json, body: "[]" }],
  ["no password", 400, { headers: json, body: '{"address":"a@one.test"}' }],
  ["a number for a password", 400, { headers: json, body: '{"address":"a@one.test","password":1}' }],
  [
    "a field too many",
    400,
    { headers: json, body: `{"address":"a@one.test","password":"${secret}","otp":"${secret}"}` },
  ],
  [
    "a password too long",
    400,
    { headers: json, body: JSON.stringify({ address: "a@one.test", password: secret.repeat(200) }) },
  ],
  ["an address too long", 400, { headers: json, body: JSON.stringify({ address: "a".repeat(401), password: secret }) }],
  ["a prototype", 400, { headers: json, body: `{"__proto__":{},"address":"a@one.test","password":"${secret}"}` }],
  ["a body too large", 413, { headers: json, body: JSON.stringify({ address: "", password: "x".repeat(70_000) }) }],
  ["a form", 415, { headers: { "content-type": "application/x-www-form-urlencoded" }, body: `password=${secret}` }],
])("%s is a problem document that repeats no secret", async (_what, status, init) => {
  await using ground = await startGround();
  await using door = await openDoor(ground);
  const said = await say(`${door.url}/v1/sign-in`, { method: "POST", ...init });
  expect(said.status).toBe(status);
  expect(said.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(bodyOf(said)).toMatchObject({ status });
  expect(bodyOf(said)["type"]).toMatch(/^urn:cordon:problem:/);
  expect(said.text).not.toContain(secret);
  expect(ground.p1.asked).toEqual([]);
});

test("another method is 405, another path 404, and both are problem documents", async () => {
  await using ground = await startGround();
  await using door = await openDoor(ground);
  expect(await say(`${door.url}/v1/sign-in`)).toMatchObject({ status: 405, headers: { allow: "POST" } });
  expect((await say(`${door.url}/v1/sign-out`)).status).toBe(404);
  expect(bodyOf(await say(`${door.url}/health`))).toEqual({ status: "ok" });
});
