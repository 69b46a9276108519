/** What people type for an address, and the one form it is compared in. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseDomain } from "@cordon/model";
import { readAddress, readDomain } from "./address.ts";

const aLabels = "xn--bcher-kva.example";

test("a domain written in its own letters and in A-labels is one domain", () => {
  for (const text of ["b\u00fccher.example", "BU\u0308CHER.Example", aLabels, "XN--BCHER-KVA.EXAMPLE"])
    expect(readDomain(text)).toBe(aLabels);
  expect(readAddress("Ann@B\u00fccher.example")).toEqual({
    local: "ann",
    domain: aLabels,
    canonical: `ann@${aLabels}`,
  });
  expect(parseDomain("b\u00fccher.example")).toBeUndefined();
});

test("nothing is cut off, decoded or left out to make a domain of it", () => {
  const ascii = [
    "one.test/x",
    "one%2etest",
    "one\ttest",
    "one.test:25",
    "[127.0.0.1]",
    "one test",
    "one.test.",
    "",
    ".",
  ];
  const mixed = [
    "b\u00fccher.test/x",
    "b\u00fcch%65r.test",
    "b\u00fccher.test:25",
    "b\u00fccher\uff0ftest",
    "b\u00fc_.test",
  ];
  const read = [...ascii, ...mixed].flatMap((text) => [readDomain(text), readAddress(`ann@${text}`)?.canonical]);
  expect(read.filter((one) => one !== undefined)).toEqual([]);
  expect(readDomain("127.1")).toBe("127.1");
  expect(["one.test", "@one.test", "", "@"].map(readAddress)).toEqual([undefined, undefined, undefined, undefined]);
});

test("a mailbox typed in capitals is the one typed in small letters, also where these are composed anew", () => {
  const small = "\u0390\u1fb4@x.example";
  for (const text of [small, small.normalize("NFD"), "\u03aa\u0301\u0386\u0345@x.example"])
    expect(readAddress(text)?.canonical).toBe(small);
});

test("whatever is typed, what is read once reads the same again, and is in A-labels", () => {
  const label = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.stringMatching(/^[a-z0-9-]{1,8}$/),
    fc.constant("\u00dc\u00df"),
  );
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
      const domain = readDomain(labels.join("."));
      if (domain === undefined) return;
      expect(domain).toMatch(/^[a-z0-9.-]{1,255}$/);
      expect([readDomain(domain), parseDomain(domain)]).toEqual([domain, domain]);
    }),
  );
});
