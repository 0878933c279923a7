// @vitest-environment happy-dom
/** `usePublish`, alone and beside `useTopic`. */
import { act, createElement, type ReactElement, StrictMode, useEffect } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, expect, it } from "vitest";
import {
  createSubscribeClient,
  isPubsubClientError,
  type SubscribeClient,
} from "../../packages/client/src/index.ts";
import { type Publish, PubsubProvider, usePublish, useTopic } from "../../packages/client/src/react/index.ts";
import { createHarness, createIdleHarness, ScriptedSocket } from "../support/client-harness.ts";

/** happy-dom defines it. The project does not use the DOM's types otherwise. */
declare const document: { createElement(name: "div"): Element & { textContent: string } };
const roots: Root[] = [];

beforeAll(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});
afterEach(() => {
  act(() => roots.splice(0).forEach((root) => void root.unmount()));
});

interface ComposerProps {
  topicId: string | undefined;
  given: Publish[];
}

/** Collects the functions that the hook returned, and shows the topic's events. */
function Composer({ topicId, given }: ComposerProps): ReactElement {
  const publish = usePublish(topicId);
  useEffect(() => void given.push(publish), [publish, given]);
  const { events } = useTopic(topicId);
  return createElement("p", null, events.map(({ offset, data }) => `${offset}:${data}`).join(" "));
}

const page = (client: SubscribeClient, props: ComposerProps): ReactElement =>
  createElement(StrictMode, null, createElement(PubsubProvider, { client }, createElement(Composer, props)));

function mount(element: ReactElement): { text(): string; render(element: ReactElement): Promise<void> } {
  const container = document.createElement("div");
  const root = createRoot(container);
  roots.push(root);
  const render = (next: ReactElement): Promise<void> => act(async () => root.render(next));
  act(() => root.render(element));
  return { text: () => container.textContent, render };
}

it("publishes to its topic, and the component renders the event before the promise resolves", async () => {
  const { client, socket } = createHarness();
  const given: Publish[] = [];
  const { text } = mount(page(client, { topicId: "room", given }));
  await act(async () => {
    socket().open();
    socket().subscribed(0);
  });
  const publishing = given.at(-1)?.("hello", { publicationId: "p1", token: "secret" });
  let shown: string | undefined;
  const shownThen = publishing?.then(() => {
    shown = text();
  });
  let sent: object = {};
  await act(async () => {
    sent = socket().published(1);
  });
  await shownThen;
  expect(sent).toMatchObject({ topicId: "room", data: "hello", publicationId: "p1", token: "secret" });
  expect(await publishing).toEqual({
    topicId: "room",
    publicationId: "p1",
    epoch: "a",
    offset: 1,
    duplicate: false,
  });
  expect(shown).toBe("1:hello");
});

it("returns the same function when the component renders again, and another one for another topic", async () => {
  const { client, socket } = createHarness();
  const given: Publish[] = [];
  const { render } = mount(page(client, { topicId: "room", given }));
  await act(async () => {
    socket().open();
    socket().subscribed(0);
    socket().events([1, 2]);
  });
  await render(page(client, { topicId: "room", given }));
  expect(new Set(given).size).toBe(1);
  await render(page(client, { topicId: "other", given }));
  expect(new Set(given).size).toBe(2);
  act(
    () =>
      void given
        .at(-1)?.("hello")
        .catch(() => {}),
  );
  expect(socket().take("PUBLISH").topicId).toBe("other");
});

it("publishes once in StrictMode, and resolves also after the component has unmounted", async () => {
  const harness = createIdleHarness();
  const given: Publish[] = [];
  const { render } = mount(page(harness.client, { topicId: "room", given }));
  await act(() => harness.time.pass(0));
  expect(harness.sockets).toHaveLength(1);
  const socket = harness.socket();
  await act(async () => {
    socket.open();
    socket.subscribed(0);
  });
  const publishing = given.at(-1)?.("hello");
  await render(createElement("i"));
  expect(socket.sent.filter(({ action }) => action === "PUBLISH")).toHaveLength(1);
  socket.published(1);
  expect(await publishing).toMatchObject({ offset: 1 });
});

it("rejects with REFUSED and the server's code if the server refuses the publication", async () => {
  const { client, socket } = createHarness();
  const given: Publish[] = [];
  mount(page(client, { topicId: "room", given }));
  act(() => socket().open());
  const outcome = given
    .at(-1)?.("hello")
    .catch((error: unknown) => error);
  await act(async () => void socket().refuse("FORBIDDEN", "PUBLISH"));
  expect(await outcome).toMatchObject({ code: "REFUSED", context: { code: "FORBIDDEN" } });
});

it("rejects with INVALID_ARGUMENT and opens nothing while the topic is undefined", async () => {
  const harness = createIdleHarness();
  const given: Publish[] = [];
  mount(page(harness.client, { topicId: undefined, given }));
  const error = await given
    .at(-1)?.("hello")
    .catch((reason: unknown) => reason);
  expect(isPubsubClientError(error, "INVALID_ARGUMENT")).toBe(true);
  await act(() => harness.time.pass(60_000));
  expect(harness.sockets).toHaveLength(0);
});

it("opens nothing while a server renders", () => {
  const harness = createIdleHarness();
  expect(renderToString(page(harness.client, { topicId: "room", given: [] }))).toBe("<p></p>");
  expect([harness.client.state, harness.sockets.length, harness.isListening()]).toEqual(["idle", 0, false]);
});

it("throws for an empty topicId, without a provider, and for a client that cannot publish", () => {
  const { client } = createIdleHarness();
  const subscribeOnly = createSubscribeClient({ url: "wss://example.com/prod", webSocket: ScriptedSocket });
  const props = { topicId: "room", given: [] };
  expect(() => renderToString(page(client, { ...props, topicId: "" }))).toThrow(/^topicId must be/);
  expect(() => renderToString(createElement(Composer, props))).toThrow(/no PubsubProvider/);
  expect(() => renderToString(page(subscribeOnly, props))).toThrow(
    /must be of createPubsubClient to publish/,
  );
});
