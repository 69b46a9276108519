/** Does nothing, and counts nothing: for trying out a client, and for measuring what it costs to be asked at all. */
import { pass, type ToxicKind } from "./contract.ts";

export const noop: ToxicKind = { attributes: {}, bite: () => pass };
