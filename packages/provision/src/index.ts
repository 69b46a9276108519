/** Programs of Debian that a test or a lab needs and that nobody has to install. */
export { thisMachine, type Machine } from "./machine.ts";
export { isProgramId, programs, type ProgramId } from "./programs.ts";
export { provision, type FoundProgram, type Provisioned, type UnavailableProgram } from "./provision.ts";
export { requires, type Skipping } from "./requires.ts";
