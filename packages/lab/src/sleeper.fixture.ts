/** A program for tests that does nothing and does not end by itself. It cannot be asked to, either. */
process.on("SIGTERM", () => {});
setInterval(() => {}, 60_000);
