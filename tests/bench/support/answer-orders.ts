import type { ChildMessage } from "./bench-child.ts";

/** The child's side of `startChild`: answers one order after another until the parent is gone. */
export function answerOrders<Order, Answer>(handle: (order: Order) => Promise<Answer>): void {
  const tell = (message: ChildMessage<Answer>): void => void process.send?.(message);
  process.on("disconnect", () => process.exit(0)); // the parent is gone, however it went
  process.on("message", (order: Order) => {
    handle(order).then(
      (answer) => tell({ answer }),
      (error: unknown) =>
        tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  tell({ ready: true });
}

/** One clock for all processes of this machine, in milliseconds. */
export const machineNowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
