/** The door's answer to one recipient. */
import { expect, test } from "vitest";
import { admitRecipient, type RecipientSign } from "./admission.ts";

const room = { queued: 0, maxQueued: 10 };
const full = { queued: 10, maxQueued: 10 };
const signs: RecipientSign[] = ["mailbox", "alias", "group", "disabled", "unknown", "unavailable", "not-asked"];

test("only a definite answer is a permanent refusal", () => {
  expect(
    signs.map((sign) => admitRecipient(sign, room)).map((said) => (said.kind === "accept" ? said : said.kind)),
  ).toEqual([
    { kind: "accept", known: true },
    { kind: "accept", known: true },
    { kind: "accept", known: true },
    "refuse",
    "refuse",
    { kind: "accept", known: false },
    { kind: "accept", known: false },
  ]);
});

test("the codes say which: no such recipient, disabled, come back later", () => {
  expect(admitRecipient("unknown", room)).toMatchObject({ code: 550, enhanced: "5.1.1" });
  expect(admitRecipient("disabled", room)).toMatchObject({ code: 550, enhanced: "5.2.1" });
  expect(admitRecipient("unavailable", full)).toMatchObject({ kind: "defer", code: 451, enhanced: "4.3.2" });
});

test("a full lane defers what it would have accepted, and changes nothing for who does not exist", () => {
  for (const sign of signs) {
    const open = admitRecipient(sign, room);
    expect(admitRecipient(sign, full).kind).toBe(open.kind === "accept" ? "defer" : open.kind);
  }
});
