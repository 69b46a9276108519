import type { FateRecord } from "@cordon/model";
import { expect, test } from "vitest";
import { inMailbox } from "./side-history.ts";

test("a mail to an alias that waits for its look-up is accounted for in its user's mailbox", () => {
  const mailboxes = new Map([["also.user1@a.example", "user1@a.example"]]);
  const fate = (mailbox: string): FateRecord => ({ type: "fate", headerId: "<1@x>", mailbox, fate: "queued", at: 5 });
  expect(inMailbox(fate("also.user1@a.example"), mailboxes)).toEqual(fate("user1@a.example"));
  expect(inMailbox(fate("user1@a.example"), mailboxes)).toEqual(fate("user1@a.example"));
});
