/**
 * The table of foreign programs: what each is called, which packages of Debian hold it, and how it is asked whether it
 * runs. What those packages need in turn is apt's to know. A further program is a further row, and nothing else.
 */

export interface Program {
  /** Packages of Debian, without what they depend on. Rows with the same packages share one unpacked folder. */
  readonly packages: readonly string[];
  /** Arguments with which the program says who it is and ends with exit code 0. */
  readonly probe: readonly string[];
  /** Other names an installed one may go by, which will do as well. */
  readonly alsoInstalledAs: readonly string[];
  /** What to type on macOS, where there is no apt. */
  readonly brew: string;
}

const redis = {
  packages: ["redis-server", "redis-sentinel"],
  probe: ["--version"],
  alsoInstalledAs: [],
  brew: "redis",
} as const;

export const programs = {
  "redis-server": redis,
  "redis-cli": redis,
  "redis-sentinel": redis,
  // Without its second package, swaks does not know STARTTLS.
  swaks: { packages: ["swaks", "libnet-ssleay-perl"], probe: ["--version"], alsoInstalledAs: [], brew: "swaks" },
  // The browser without a window, which is all a test needs, and a fifth smaller.
  "chromium-headless-shell": {
    packages: ["chromium-headless-shell"],
    // Its version it can tell without the data that it cannot show a page without.
    probe: ["--headless", "--no-sandbox", "--dump-dom", "about:blank"],
    alsoInstalledAs: ["chromium", "google-chrome", "chromium-browser"],
    brew: "--cask chromium",
  },
} as const satisfies Readonly<Record<string, Program>>;

export type ProgramId = keyof typeof programs;

export const isProgramId = (text: string): text is ProgramId => Object.hasOwn(programs, text);
