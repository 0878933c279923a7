import type { ChildMessage } from "./bench-child.ts";

/** The child's side of `startChild`. It handles one order after the other until the parent process has ended. */
export function handleOrders<Order, Reply>(handle: (order: Order) => Promise<Reply>): void {
  const send = (message: ChildMessage<Reply>): void => void process.send?.(message);
  process.on("disconnect", () => process.exit(0)); // the parent process has ended, for any reason
  process.on("message", (order: Order) => {
    handle(order).then(
      (reply) => send({ reply }),
      (error: unknown) =>
        send({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  send({ ready: true });
}

/** Returns the time of a clock that all processes of this machine share, in milliseconds. */
export const machineNowMs = (): number => Number(process.hrtime.bigint()) / 1e6;
