/**
 * Import: users with prepared hashes, aliases and groups, one JSON object a line, in batches of one transaction each. The
 * next bytes are read only when the last batch is on the disk, so the sender is slowed to what the disk takes. A bad line is
 * reported with its number and stops no other. An import adds and never overwrites: a password that replaces another must
 * go through control, so a line that differs from what stands there is refused, and one that says the same is counted as
 * done. That makes an import that broke off repeatable as it is; it breaks off at its deadline too, also when it is the
 * disk that it waits for.
 */
import { ImportLineSchema, remainingMs, type Clock, type Deadline, type ImportAnswer } from "@cordon/model";
import { closed, readAddress, waitAtMost } from "@cordon/runtime";
import { Compile } from "typebox/compile";
import { flawOfPhc } from "./phc.ts";
import type { Change, Content, Store, StoredRecord, StoreUnavailable } from "./store.ts";
import { aliasOf, groupOf, newUserOf, type Refused } from "./write.ts";

export interface ImportBounds {
  /** The longest line, bytes; a longer one is refused and skipped. */
  readonly maxLineBytes: number;
  /** Lines in one transaction. */
  readonly batchLines: number;
}

export interface ImportParts {
  readonly store: Store;
  readonly bounds: ImportBounds;
  readonly clock: Clock;
  readonly newUserId: () => string;
  readonly onStale: (term: number) => void;
}

export type ImportResult = { readonly kind: "imported"; readonly answer: ImportAnswer } | StoreUnavailable;

/** The first refusals are told, with their lines; the rest are only not counted as imported. */
const toldRefusals = 100;
const newline = 0x0a;
const late: StoreUnavailable = { kind: "unavailable", detail: "the time of the import is over" };

type Line = { readonly number: number; readonly bytes: Buffer | "too-long" };
type Wanted = { readonly line: number; readonly content: Content };

export async function importLines(
  { store, bounds, clock, newUserId, onStale }: ImportParts,
  bytes: AsyncIterable<Buffer>,
  { term, deadline }: { readonly term: number; readonly deadline: Deadline },
): Promise<ImportResult> {
  const refused: { line: number; reason: string }[] = [];
  let imported = 0;
  let revision = 0;
  let batch: Wanted[] = [];
  const refuse = (line: number, reason: string): void => {
    if (refused.length < toldRefusals) refused.push({ line, reason });
  };

  const flush = async (): Promise<StoreUnavailable | undefined> => {
    const wanted = batch;
    batch = [];
    const changes = wanted.map(({ content }): Change => ({ content, expected: 0 }));
    const left = remainingMs(deadline, clock.now());
    const result =
      left === 0
        ? late
        : await waitAtMost<Awaited<ReturnType<Store["commit"]>>>(store.commit(term, changes), left, () => late);
    if (result.kind === "stale-term") onStale(term);
    if (result.kind !== "committed") {
      const next = result.kind === "unavailable" ? ", and the next may have been taken" : "";
      const detail = `the import broke off after ${imported} lines${next}; send it again as it is`;
      return { kind: "unavailable", detail };
    }
    ({ revision } = result);
    for (const [index, outcome] of result.outcomes.entries()) {
      const { line, content } = wanted[index] ?? { line: 0, content: undefined };
      if (outcome.kind === "written" || (content !== undefined && saysTheSame(content, outcome.found))) imported += 1;
      else refuse(line, standing(outcome.found));
    }
    return undefined;
  };

  for await (const { number, bytes: text } of linesOf(bytes, bounds.maxLineBytes)) {
    const content =
      text === "too-long" ? refusal(`is longer than ${bounds.maxLineBytes} bytes`) : contentOf(text, newUserId);
    if (content === undefined) continue;
    if (content.kind === "refused") refuse(number, content.detail);
    else if (batch.push({ line: number, content }) >= bounds.batchLines) {
      const broken = await flush();
      if (broken !== undefined) return broken;
    }
  }
  const broken = await flush();
  return broken ?? { kind: "imported", answer: { imported, refused, revision } };
}

const check = Compile(closed(ImportLineSchema));
const utf8 = new TextDecoder("utf-8", { fatal: true });
const refusal = (detail: string): Refused => ({ kind: "refused", detail });

/** What a line asks for; undefined for an empty one. */
function contentOf(bytes: Buffer, newUserId: () => string): Content | Refused | undefined {
  let value: unknown;
  try {
    const text = utf8.decode(bytes).trim();
    if (text === "") return undefined;
    value = JSON.parse(text);
  } catch (error) {
    return refusal(error instanceof SyntaxError ? "is not JSON" : "is not UTF-8");
  }
  if (!check.Check(value)) return refusal("must be {address, phc, disabled?}, {address, alias} or {address, group}");
  const address = readAddress(value.address);
  if (address === undefined) return refusal("address: is not a mail address");
  if ("alias" in value) return aliasOf(address, value.alias, undefined);
  if ("group" in value) return groupOf(address, value.group, undefined);
  const flaw = flawOfPhc(value.phc);
  return flaw === undefined ? newUserOf(address, newUserId(), value.phc, value.disabled ?? false, 0) : refusal(flaw);
}

function saysTheSame(wanted: Content, found: StoredRecord | undefined): boolean {
  if (wanted.kind === "user")
    return found?.kind === "user" && found.phc === wanted.phc && found.disabled === wanted.disabled;
  if (wanted.kind === "alias") return found?.kind === "alias" && found.target === wanted.target;
  if (wanted.kind === "group") return found?.kind === "group" && found.members.join() === wanted.members.join();
  return false;
}

const standing = (found: StoredRecord | undefined): string =>
  found?.kind === "removed"
    ? "address: had a user or an alias that was removed; create it anew by itself"
    : `address: is a ${found?.kind ?? "record"} already, and not the same`;

/** The lines of a stream with their numbers, from 1. One line is held at a time, and never more of it than its bound. */
async function* linesOf(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let held = 0;
  const take = (): Line => {
    const line: Line = { number, bytes: held > maxBytes ? "too-long" : Buffer.concat(parts) };
    number += 1;
    parts = [];
    held = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      if (held <= maxBytes) parts.push(chunk.subarray(from, end));
      held += end - from;
      from = end + 1;
      yield take();
    }
    if (held <= maxBytes) parts.push(chunk.subarray(from));
    held += chunk.length - from;
  }
  if (held > 0) yield take();
}
