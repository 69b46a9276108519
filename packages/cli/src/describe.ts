/**
 * What there is to run, for a person and as JSON: the list of drills, and one drill whole. The JSON is a contract
 * (docs/schema): keys are only ever added.
 */
import { bound, drills, type Drill } from "@cordon/drill";
import { limitsOf } from "@cordon/measure";
import { called, nextText } from "./called.ts";
import { wrapped } from "./layout.ts";

export function listText(): string {
  const rows = drills.flatMap(({ id, title, variants }) => [
    wrapped(`${id}   `, title),
    wrapped("    variants: ", variants.map((variant) => variant.id).join(", ")),
  ]);
  return [...rows, nextText(`cordon drill show ${drills[0]?.id ?? ""}`, called)].join("\n");
}

export const listJson = (): string =>
  JSON.stringify({
    schema: "cordon.drill-list/1",
    drills: drills.map(({ id, title, variants }) => ({
      id,
      title,
      variants: variants.map((variant) => ({ id: variant.id, title: variant.title })),
    })),
  });

export function showText({ id, title, incident, profiles, variants }: Drill): string {
  const { quick, full } = profiles;
  const size = (name: string, small: number | string, large: number | string): string =>
    `  ${name.padEnd(17)}${String(small).padStart(8)}${String(large).padStart(8)}`;
  return [
    wrapped(`${id}   `, title),
    "",
    wrapped("", incident),
    "",
    "variants (--variant; the first is the default) and what each is held to",
    ...variants.flatMap((variant) => [wrapped(`  ${variant.id.padEnd(14)}`, variant.title), ...limitLines(variant)]),
    "",
    "sizes (--profile; one of them changed by --set makes a run exploratory)",
    size("", "quick", "full"),
    ...sizes(quick).map((name) => size(name, quick[name], full[name])),
    "",
    nextText(`cordon drill run ${id}`, called),
  ].join("\n");
}

/** `users hurt outside the failed partition   <= 0.1 %`, in the order of the drill. */
const limitLines = (variant: Drill["variants"][number]): readonly string[] =>
  limitsOf(variant.limits([])).map(
    (limit) => `${" ".repeat(16)}${limit.title.padEnd(42)} ${bound(limit).padEnd(10)} ${limit.class}`,
  );

type Profile = Drill["profiles"]["quick"];
const sizes = (profile: Profile) => Object.keys(profile).filter((key) => key !== "name") as (keyof Profile)[];

export const showJson = ({
  id,
  title,
  incident,
  failedPartition,
  incidentLengthMs,
  profiles,
  variants,
}: Drill): string =>
  JSON.stringify({
    schema: "cordon.drill-show/1",
    id,
    title,
    incident,
    failedPartition,
    incidentLengthMs,
    profiles,
    variants: variants.map((variant) => ({
      id: variant.id,
      title: variant.title,
      injected: variant.injected,
      removed: variant.removed,
      failedUnit: variant.failedUnit,
      limits: limitsOf(variant.limits([])),
    })),
  });
