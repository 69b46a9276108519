/**
 * Where the `cordon` command begins: a signal is heard before anything else is read, as a person may press Ctrl-C while
 * the rest is loaded, which takes a busy machine seconds. Then nothing was begun, and the last line says the code as ever.
 * A command that has something to end in order hears the signals from then on (exit.ts).
 */
import { listenForSignals } from "./exit.ts";

listenForSignals();
await import("./command.ts");
