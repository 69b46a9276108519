/**
 * A port that nobody listens on, below those the kernel hands out by itself: whoever asks for any port, or connects
 * somewhere, will not be given it in the moment between this look and the listening. It is for the addresses that
 * must be known before their process serves; everybody else listens on any port and says which.
 */
import { createServer } from "node:net";

const lowest = 20_000;
const highest = 31_999;
const tries = 50;

/** `random` is uniform in [0, 1). Throws when the host has none to spare. */
export async function sparePort(random: () => number): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = lowest + Math.floor(random() * (highest - lowest + 1));
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port was found between ${lowest} and ${highest}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
