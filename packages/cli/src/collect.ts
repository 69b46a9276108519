/** Options that may be given as often as wanted. */
import { Option } from "commander";

/** An option whose words are collected in order; `none` is what help calls it where none is given. */
export const collected = (flags: string, description: string, none: string): Option =>
  new Option(flags, description)
    .argParser((value: string, before: readonly string[]): readonly string[] => [...before, value])
    .default([], none);
