/**
 * The page as a browser has it: opened from the disk, it asks for nothing and complains of nothing, an auditor of
 * accessibility finds nothing, it fits a phone as it fits a screen, and its cursor says the second it stands on.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { requires, thisMachine, type Skipping } from "@cordon/provision";
import { chromium, type Page } from "playwright-core";
import { expect, test } from "vitest";
import { drill, long, recorded, short, unbegun, type Recorded } from "./report.fixture.ts";
import { writeReports } from "./write.ts";

/** A browser takes its time to start on a busy host, and the first time it may have to be fetched. */
const withinMs = 180_000;
const mostBytes = 200 * 1_024;
const widths = { phone: 360, screen: 1_280 };

/** Too few inside the failed partition for a p95, as in a quick run: then a cell tells more than one figure. */
const fewMails = { ...short, mailPerSecond: 10 };

interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly bytes: number;
  /** What the page asked for beside itself, and what it said on its console. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
}

async function open(run: Recorded, width: number, colours: "light" | "dark", context: Skipping): Promise<Opened> {
  const machine = thisMachine();
  const { program, environment } = await requires("chromium-headless-shell", context, machine);
  await using scope = new AsyncDisposableStack();
  const folder = scope.adopt(mkdtempSync(join(tmpdir(), "cordon-page-")), (made) => rmSync(made, { recursive: true }));
  const file = writeReports(folder, drill, run.result, run.runs, run.spec, "cordon");
  const env = Object.fromEntries(
    Object.entries({ ...machine.environment, ...environment }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const browser = scope.adopt(await chromium.launch({ executablePath: program, env }), (one) => one.close());
  const tab = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: colours });
  const page = await tab.newPage();
  const url = pathToFileURL(file).href;
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  const opened = scope.move();
  const bytes = statSync(file).size;
  return { page, bytes, requests, complaints, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

test.for([
  ["a screen, in the light", recorded(), widths.screen, "light"],
  ["a phone, in the dark", recorded({ profile: fewMails }), widths.phone, "dark"],
  ["a phone, after a run that never began", unbegun("halted by cordon drill halt"), widths.phone, "dark"],
  ["a phone, after a long run of one side", recorded({ profile: long, sides: ["on"] }), widths.phone, "light"],
] as const)(
  "on %s the page asks for nothing, complains of nothing, and hides nothing from anybody (needs Chromium)",
  { timeout: withinMs },
  async ([, run, width, colours], context) => {
    await using opened = await open(run, width, colours, context);
    const { page, bytes, requests, complaints } = opened;
    const { violations, passes } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(passes.length).toBeGreaterThan(20);
    expect([requests, complaints]).toEqual([[], []]);
    expect(bytes).toBeLessThanOrEqual(mostBytes);
    const beyondTheEdge = await page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
    expect(beyondTheEdge).toBeLessThanOrEqual(0);
  },
);

test(
  "the cursor stands in the middle of the seconds that it names (needs Chromium)",
  { timeout: withinMs },
  async (context) => {
    await using opened = await open(recorded(), widths.screen, "light", context);
    const { page } = opened;
    const told = async () => ({
      text: await page.textContent("#moment-text"),
      spoken: await page.getAttribute("#moment", "aria-valuetext"),
      at: await page.getAttribute("svg.plot .cursor", "x1"),
    });
    expect(await told()).toEqual({ text: "0 to 1 s", spoken: "0 to 1 s", at: `${(5.5 / 28) * 100}%` });
    await page.focus("#moment");
    await page.keyboard.press("Home");
    expect(await told()).toEqual({ text: "-5 to -4 s", spoken: "-5 to -4 s", at: `${(0.5 / 28) * 100}%` });
  },
);
