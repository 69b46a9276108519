/**
 * A lab told to a person: where everything is, one sign-in and one mail to paste, and what to do next. Lines fit 80
 * columns; a command that does not is broken where a shell takes it up again.
 */
import { relative } from "node:path";
import type { LabObject } from "@cordon/lab";

/** Where things are. Paths are as seen from `cwd`. */
export function placesText(lab: LabObject, cwd: string): string {
  const near = (path: string): string => {
    const way = relative(cwd, path);
    return way === "" || way.startsWith("..") ? path : way;
  };
  const roles = lab.partitions.map(({ instances }) => instances.length);
  const instances = roles.reduce((sum, count) => sum + count, 0);
  return [
    `lab          ${near(lab.dir)}`,
    `             ${lab.partitions.length} partitions, ${instances} role instances, ${lab.users.count} users`,
    `sign-in      ${lab.auth}`,
    `mail         ${lab.mx} (from anywhere)   ${lab.submission} (with AUTH)`,
    `Maildirs     ${near(lab.maildirs)}`,
    `faults       ${lab.fault} (Toxiproxy's API)`,
    `token        ${near(lab.token)}`,
    `users        ${lab.users.pattern}`,
    ...(lab.judges ? [] : ["judged       not judged: ejection and isolation are both off"]),
  ].join("\n");
}

/** Commands to try, in the order in which one would. */
export function trialText({ auth, mx, users: { example }, partitions }: LabObject): string {
  const { user, password } = example;
  const [first, , third] = partitions;
  const victim = (third ?? first)?.id ?? "p1";
  return [
    "sign a user in",
    `  curl -s ${auth}/v1/sign-in -H 'content-type: application/json' \\`,
    `    -d '${JSON.stringify({ address: user, password })}'`,
    "send a mail",
    `  printf 'From: a@b.example\\r\\nTo: ${user}\\r\\n\\r\\nhello\\r\\n' | \\`,
    `    curl -s smtp://${mx} --mail-from a@b.example \\`,
    `    --mail-rcpt ${user} -T -`,
    "break something, and mend it",
    `  cordon fault add ${victim} silent --lease 30s`,
    "  cordon fault list",
    `  cordon failover ${victim}`,
  ].join("\n");
}
