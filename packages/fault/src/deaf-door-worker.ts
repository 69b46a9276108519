/**
 * A listener that accepts nobody: it listens, and then its thread stands still, so that nothing takes a connection off the
 * queue. Woken, it stops listening and ends. It needs a thread of its own because Node accepts whatever its loop sees.
 */
import { createServer } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { DeafDoorOrder, DeafDoorWord } from "./deaf-door.ts";

const { host, port, backlog, wake } = workerData as DeafDoorOrder;
const say = (word: DeafDoorWord): void => parentPort?.postMessage(word);

const server = createServer();
server.on("error", (error: NodeJS.ErrnoException) => say({ kind: "refused", code: error.code ?? error.message }));
server.listen({ host, port, backlog }, () => {
  say({ kind: "listening" });
  // Until woken; the callback runs before the loop looks at the socket, so that not even one is accepted.
  Atomics.wait(wake, 0, 0);
  server.close();
});
