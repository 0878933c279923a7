import {
  type Context,
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
} from "react";
import { PubsubClientError } from "../errors.ts";
import type { PubsubClient, SubscribeClient } from "../types.ts";

const ClientContext: Context<SubscribeClient | undefined> = createContext<SubscribeClient | undefined>(
  undefined,
);

export interface PubsubProviderProps {
  /**
   * Of `createPubsubClient` or `createSubscribeClient`. Create it in a module, or in a component by
   * `useState(() => createPubsubClient(options))`, which may close it in an effect's clean-up.
   */
  client: SubscribeClient;
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

/**
 * Returns the client of the nearest provider. Throws `INVALID_ARGUMENT` if there is no provider. If that has a client of
 * `createSubscribeClient`, say so: `usePubsubClient<SubscribeClient>()`.
 */
export function usePubsubClient<Client extends SubscribeClient = PubsubClient>(): Client {
  const client = useContext(ClientContext);
  if (client) return client as Client;
  throw new PubsubClientError("INVALID_ARGUMENT", "there is no PubsubProvider above this component");
}
