/**
 * The table of docs/mail.md, played: every row of it, over a raw socket, against the real mail service with real
 * directories and a real auth behind it. A row that nobody plays and a play that is in no row fail as well, so that the
 * table and the service say the same, and all of it.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { until } from "../support/until.ts";
import { changeUser, startGround, type Ground, type Mail } from "./ground.ts";
import { disabled, known, needPrlimit, ofSilent, plays, type Play, type Stage } from "./plays.ts";
import { replyOf, rows } from "./table.ts";

const patienceMs = 30_000;

let ground: Ground;
let usual: Mail;
beforeAll(async () => {
  ground = await startGround();
  usual = await ground.startMail({});
  await changeUser(ground.seeded, "p1", disabled, { disabled: true });
});
afterAll(async () => {
  await usual?.[Symbol.asyncDispose]();
  await ground?.[Symbol.asyncDispose]();
});

test("the table and the plays name the same inputs, each once", () => {
  expect(new Set(rows.map((row) => row["input"]))).toEqual(new Set(Object.keys(plays)));
  expect(rows.length).toBe(Object.keys(plays).length);
});

/** What became of the play's message, in the table's words. `speak` lets a silent partition answer again. */
async function fateOf({ mail, id }: Stage, silenced: boolean, speak: () => Promise<void>): Promise<string> {
  const mailbox = silenced ? ofSilent : known;
  const fates = await mail.fates(id);
  if (fates.length === 0) return mail.found(mailbox, id).length === 0 ? "not kept" : "delivered without an account";
  const parked = silenced && fates.join() === "queued" && mail.found(mailbox, id).length === 0;
  await speak();
  await until("the message is delivered", patienceMs, async () => (await mail.fates(id)).join() === "delivered");
  const copies = mail.found(mailbox, id).length;
  if (copies !== 1) return `delivered ${copies} times`;
  return parked ? "parked, then delivered" : "delivered";
}

describe("the service says what the table says, and does with the message what it says", () => {
  test.for(rows)("$input: $reply $enhanced", async (row, { skip }) => {
    skip(needPrlimit.has(row["input"] ?? "") && process.platform !== "linux", "prlimit is Linux's");
    const play: Play | undefined = plays[row["input"] ?? ""];
    if (play === undefined) throw new Error("nobody plays this row");
    await using scope = new AsyncDisposableStack();
    let silenced: AsyncDisposable | undefined;
    const speak = async (): Promise<void> => {
      await silenced?.[Symbol.asyncDispose]();
      silenced = undefined;
    };
    scope.defer(speak);
    const stage: Stage = {
      ground,
      id: `<row-${rows.indexOf(row)}@plays.example>`,
      mail: usual,
      async own(change) {
        stage.mail = scope.use(await ground.startMail(change));
        return stage.mail;
      },
      async silence() {
        silenced = await ground.silence();
      },
      keep: (resource) => scope.use(resource),
    };
    expect(await play(stage)).toMatch(replyOf(row, stage.mail.hostname));
    const said = row["the message"] ?? "";
    expect(await fateOf(stage, silenced !== undefined, speak)).toBe(said === "" ? "not kept" : said);
    expect(await stage.mail.health()).toMatchObject({ status: "ok" });
  });
});
