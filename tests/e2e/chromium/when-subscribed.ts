import type { Page } from "playwright-core";

/**
 * Resolves when the page receives the confirmation of a subscription, after which every event reaches it. A connection
 * that is open is not enough: the server may not have the subscription yet.
 */
export function whenSubscribed(page: Page): Promise<void> {
  return new Promise((resolve) => {
    page.on("websocket", (socket) =>
      socket.on("framereceived", ({ payload }) => {
        if (String(payload).includes('"SUBSCRIBED"')) resolve();
      }),
    );
  });
}
