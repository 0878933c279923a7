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
  /** Made, and closed, by whoever renders the provider. */
  client: PubsubClient;
  children?: ReactNode;
}

/**
 * Hands a client to `useTopic` in everything below.
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

/** The client of the provider above. Throws `INVALID_ARGUMENT` if there is none. */
export function usePubsubClient(): PubsubClient {
  const client = useContext(ClientContext);
  if (client) return client;
  throw new PubsubClientError("INVALID_ARGUMENT", "there is no PubsubProvider above this component");
}
