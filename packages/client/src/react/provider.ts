import {
  type Context,
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
} from "react";
import { PubsubClientError } from "../errors.ts";
import type { PubsubClient } from "../types.ts";

const ClientContext: Context<PubsubClient | undefined> = createContext<PubsubClient | undefined>(undefined);

export interface PubsubProviderProps {
  /** The component that renders the provider creates the client, and closes it. */
  client: PubsubClient;
  children?: ReactNode;
}

/**
 * Makes a client available to `useTopic` in all components below.
 *
 * @example
 * ```tsx
 * import { createPubsubClient } from "lambda-websocket-pubsub-client";
 * import { PubsubProvider } from "lambda-websocket-pubsub-client/react";
 *
 * const client = createPubsubClient({ url });
 * root.render(<PubsubProvider client={client}><Chat /></PubsubProvider>);
 * ```
 */
export function PubsubProvider({ client, children }: PubsubProviderProps): ReactElement {
  return createElement(ClientContext.Provider, { value: client }, children);
}

/** Returns the client of the nearest provider. Throws `INVALID_ARGUMENT` if there is no provider. */
export function usePubsubClient(): PubsubClient {
  const client = useContext(ClientContext);
  if (client) return client;
  throw new PubsubClientError("INVALID_ARGUMENT", "there is no PubsubProvider above this component");
}
