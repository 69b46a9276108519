/**
 * The operator's hand and the caretaker: isolate, rejoin, failover, and doctor. They work on a lab that another process
 * runs, found by its folder; orders are kept by control and survive every restart.
 */
import type { Command } from "commander";
import { examineLabs, giveOrder, type DoctorReport } from "@cordon/lab";
import type { OperatorOrder } from "@cordon/model";
import { endings, Refusal, type Ending } from "./exit.ts";
import { addFaultCommands } from "./fault-commands.ts";
import { wrapped } from "./layout.ts";
import { addStatusCommands } from "./status.ts";
import { addUpCommand } from "./up.ts";
import { labLines, labOption } from "./which-lab.ts";

interface OrderFlags {
  readonly lab?: string;
  readonly json?: boolean;
}

const orderTimeoutMs = 5_000;

const orders: Readonly<Record<OperatorOrder["order"], string>> = {
  isolate: "cut a partition off: sign-in by fallback, its mail parked",
  rejoin: "let evidence decide about the partition again",
  failover: "give a partition new role instances",
};

const done: Readonly<Record<OperatorOrder["order"], string>> = {
  isolate: "is isolated until you say: cordon rejoin",
  rejoin: "is judged by evidence again",
  failover: "will get new role instances",
};

/** Adds what is done to a lab: starting and ending it, its faults, the operator's orders and `doctor`. */
export function addLabCommands(program: Command, end: (ending: Ending) => void): void {
  addUpCommand(program, end);
  addStatusCommands(program, end);
  addFaultCommands(program, end);
  for (const order of ["isolate", "rejoin", "failover"] as const) {
    program
      .command(`${order} <partition>`)
      .description(orders[order])
      .option(...labOption)
      .option("--json", "as JSON")
      .action(async (partition: string, flags: OrderFlags) => end(await give(order, partition, flags)));
  }
  program
    .command("doctor")
    .description("clear away what a killed run left behind in this folder")
    .option("--json", "as JSON")
    .action(async (flags: { json?: boolean }) => end(await doctor(flags.json === true)));
}

async function give(order: OperatorOrder["order"], partition: string, flags: OrderFlags): Promise<Ending> {
  const result = await giveOrder(
    { order, partition },
    { lab: flags.lab, root: process.cwd(), timeoutMs: orderTimeoutMs },
  );
  if (result.kind === "no-lab" || result.kind === "no-partition") throw new Refusal(result.detail, endings.usage);
  if (result.kind === "unavailable") {
    throw new Refusal(`control did not take the order: ${result.detail}`, { code: 1, word: "control unavailable" });
  }
  const { revision, lab } = result;
  const text = flags.json
    ? JSON.stringify({ schema: "cordon.order/1", order, partition, revision, lab: lab.dir })
    : [...labLines(lab), `${partition} ${done[order]} (order ${revision})`].join("\n");
  process.stdout.write(`${text}\n`);
  return endings.ok;
}

async function doctor(json: boolean): Promise<Ending> {
  const report = await examineLabs(process.cwd());
  process.stdout.write(`${json ? JSON.stringify({ schema: "cordon.doctor/1", ...report }) : doctorText(report)}\n`);
  return report.clean ? endings.ok : { code: 1, word: "something is left that could not be cleared" };
}

function doctorText({ findings, how }: DoctorReport): string {
  const names = (processes: readonly { name: string; pid: number }[]): string =>
    processes.map(({ name, pid }) => `${name} (${pid})`).join(", ");
  const lines = findings.map(({ runId, kind, cleared, left }) => {
    if (kind === "living") return wrapped(`${runId}: `, "running, left alone");
    const gone = cleared.length === 0 ? "nothing to clear" : `cleared ${names(cleared)}`;
    return wrapped(`${runId}: `, `${kind}; ${gone}${left.length === 0 ? "" : `; STILL THERE: ${names(left)}`}`);
  });
  if (lines.length === 0) lines.push("nothing is left of any run here");
  if (how === "journal") lines.push("this system has no /proc: only what the journals name was looked at");
  return lines.join("\n");
}
