import type { ClientState } from "lambda-websocket-pubsub-client";
import type { ReactNode } from "react";

const STATES: Record<ClientState, string> = {
  idle: "Not connected",
  connecting: "Connecting…",
  open: "Live",
  reconnecting: "Reconnecting…",
  closed: "Disconnected",
};

export function ConnectionState({ state }: { state: ClientState }): ReactNode {
  return (
    <output className="state" data-state={state}>
      {STATES[state]}
    </output>
  );
}
