/** A program for tests that hangs the first time it is started, before it says a word, and is a stand-in the second time. */
import { existsSync, writeFileSync } from "node:fs";

const [, , , config = ""] = process.argv;
const hung = `${config}.hung`;
if (existsSync(hung)) {
  await import("./stand-in.fixture.ts");
} else {
  writeFileSync(hung, "");
  setInterval(() => {}, 60_000);
}
