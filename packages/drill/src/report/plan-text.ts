/** A plan for a person, in 80 columns. It begins with what matters most to whoever asked for it: nothing is started. */
import type { DrillPlan } from "../plan.ts";
import { bound, count } from "./format.ts";

const labelWidth = 11;
const line = (label: string, text: string): string => `${label.padEnd(labelWidth)}${text}`;

/** The plan, without a line break at its end. */
export function planText(plan: DrillPlan): string {
  const { drill, variant, seed, profile, store, workload, fault, limits, runs, out } = plan;
  return [
    "DRY RUN    nothing is started",
    line("drill", `${drill}, variant ${variant}`),
    line("seed", `${seed}   ${profile.name}   ${store}`),
    ...plan.sides.map(({ preset, role, disabled, processes }, index) => {
      const all = processes.reduce((sum, one) => sum + one.count, 0);
      const without = preset === "on" && disabled.length > 0 ? ` without ${disabled.join(", ")}` : "";
      return line(index === 0 ? "sides" : "", `${preset}${without}, the ${role}: ${all} processes`);
    }),
    ...(plan.sides[0]?.processes ?? []).map(({ name, count: number }, index) =>
      line(
        index === 0 ? "processes" : "",
        `${String(number).padStart(4)}  ${name}${index === 0 ? "   (of the first side)" : ""}`,
      ),
    ),
    line(
      "lab",
      `${profile.partitions} partitions x ${profile.roleInstances} role instances, ${count(profile.users)} users`,
    ),
    line(
      "workload",
      `${count(workload.signIns)} sign-ins and ${count(workload.mails)} mails in ${workload.seconds} s` +
        ` (${profile.signInPerSecond} and ${profile.mailPerSecond} a second)`,
    ),
    line("fault", fault.injected),
    line("", `${fault.seconds} s long, ${fault.atSeconds} s after the load begins`),
    line("", `heals by itself after ${fault.leaseSeconds} s, whoever dies meanwhile`),
    ...limits.map(({ title, class: limitClass, ...limit }, index) =>
      line(index === 0 ? "limits" : "", `${title.padEnd(42)} ${bound(limit).padEnd(10)} ${limitClass}`),
    ),
    ...(plan.compares ? [] : [line("verdict", "exploratory at best: one side, or settings by hand")]),
    line(
      "time",
      `about ${minutes(runs.expectedSeconds)}: ${runs.sides} sides${runs.count > 1 ? ` in ${runs.count} runs` : ""}`,
    ),
    line("result", out),
  ].join("\n");
}

/** `48 s`, `19 min`. */
export const minutes = (seconds: number): string =>
  seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
