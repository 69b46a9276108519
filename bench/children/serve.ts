/**
 * The child's end of support/child.ts: says that it is ready, does the orders it is sent one after another, tells its
 * CPU time when it is asked, and ends when its parent has gone.
 */

/** What the parent gave it, on the parent's word. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a message has no type but the parent's word
export const argsOf = <Args>(): Args => JSON.parse(process.argv[2] ?? "{}") as Args;

/** Says `ready` and then answers each order with what `act` makes of it. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- as above
export function serve<Order extends { readonly do: string }>(ready: unknown, act: (order: Order) => unknown): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", (order: Order) => {
    const answer = async (): Promise<void> => {
      tell(order.do === "cpu" ? cpuUs() : await act(order));
    };
    void answer();
  });
  tell(ready);
}

/** A parent that has gone wants no answer, and this process is about to end. */
const tell = (message: unknown): void => void process.send?.(message, undefined, undefined, () => {});

function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
