"use client";

import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { PubsubProvider } from "lambda-websocket-pubsub-client/react";
import { type ReactNode, useEffect, useState } from "react";

/**
 * The client connects when the first component subscribes, so neither the build nor the server opens a connection.
 * It works again after `close()`: React's StrictMode runs the effect, its clean-up, and the effect once more.
 */
export function RealtimeProvider({ children }: { children: ReactNode }) {
  const [client] = useState(() => createPubsubClient({ url: process.env.NEXT_PUBLIC_WEBSOCKET_URL }));
  useEffect(() => () => client.close(), [client]);
  return <PubsubProvider client={client}>{children}</PubsubProvider>;
}
