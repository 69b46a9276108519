import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("main.ts", import.meta.url));

test.each([[["--nonsense"]], [["--dir"]], [["--dir", "a"]], [["a"]]])(
  "a guardian that is called as no runner calls it, by %j, says how in a line",
  (words) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], {
      encoding: "utf8",
      input: "",
    });
    expect([status, stdout, stderr]).toEqual([2, "", "usage: --dir DIR --run ID\n"]);
  },
);
