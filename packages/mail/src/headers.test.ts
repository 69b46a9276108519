import { expect, test } from "vitest";
import { headerIdOf, headerScanBytes, traceHeaders } from "./headers.ts";

test.each([
  ["Subject: x\r\nMessage-ID: <a@b>\r\n\r\nbody", "<a@b>"],
  ["message-id:<a@b>\r\n\r\n", "<a@b>"],
  ["Message-ID:\r\n <folded@b>\r\n\r\n", "<folded@b>"],
  ["Subject: x\r\n\r\nMessage-ID: <in-the-body@b>\r\n", null],
  ["X-Message-ID: <a@b>\r\n\r\n", null],
  ["Message-ID: \r\n\r\n", null],
  ["", null],
])("the Message-ID of %j is %s", (message, expected) => {
  expect(headerIdOf(Buffer.from(message))).toBe(expected);
});

test("a Message-ID past what is looked at is not found", () => {
  expect(headerIdOf(Buffer.from(`X: ${"x".repeat(headerScanBytes)}\r\nMessage-ID: <a@b>\r\n\r\n`))).toBe(null);
});

test("what a client calls itself cannot add a header", () => {
  const trace = { helo: "evil\r\nX-Evil: yes", client: "127.0.0.1", protocol: "ESMTP", user: "u\n@x" };
  const about = { message: "M", sender: "a\r@b", mailbox: "u@one.test", hostname: "mail.test", acceptedWall: 0, trace };
  expect(traceHeaders(about).toString()).toBe(
    "Return-Path: <a?@b>\r\nDelivered-To: u@one.test\r\n" +
      "Received: from evil??X-Evil: yes ([127.0.0.1])\r\n\tby mail.test with ESMTP id M (signed in as u?@x);\r\n" +
      "\tThu, 01 Jan 1970 00:00:00 +0000\r\n",
  );
});
