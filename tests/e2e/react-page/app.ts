import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { PubsubProvider, usePublish, useTopic } from "lambda-websocket-pubsub-client/react";
import { createElement, type ReactElement, StrictMode, useEffect, useState } from "react";

export interface AppProps {
  url: string;
  topicId: string;
}

/** `open: 1 2`: the state and the data of the events. The test calls `publish`. */
function Events({ topicId }: Pick<AppProps, "topicId">): ReactElement {
  const { events, state } = useTopic<number>(topicId);
  const publish = usePublish<number>(topicId);
  useEffect(() => void Object.assign(globalThis, { publish }), [publish]);
  return createElement("p", null, `${state}: ${events.map(({ data }) => data).join(" ")}`);
}

/** As the README says: the client is made in `useState`, and closed in the clean-up of an effect. */
function Connected({ url, topicId }: AppProps): ReactElement {
  const [client] = useState(() => createPubsubClient({ url }));
  useEffect(() => () => client.close(), [client]);
  return createElement(PubsubProvider, { client }, createElement(Events, { topicId }));
}

export function App(props: AppProps): ReactElement {
  return createElement(StrictMode, null, createElement(Connected, props));
}
