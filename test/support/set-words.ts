/** A profile of a drill as the words that set it: `--set users=12 --set ..`. */
export const setWords = (profile: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(profile).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
