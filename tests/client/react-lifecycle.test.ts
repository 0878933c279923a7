// @vitest-environment happy-dom
/** The client under React's StrictMode, on a server, and while a page hydrates. */
import { act, createElement, type ReactElement, StrictMode, useEffect, useState } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import type { PubsubClient } from "../../packages/client/src/index.ts";
import { PubsubProvider, useTopic } from "../../packages/client/src/react/index.ts";
import { createHarness, createIdleHarness, type Harness } from "../support/client-harness.ts";

/** happy-dom defines it. The project does not use the DOM's types otherwise. */
declare const document: {
  createElement(name: "div"): Element & { textContent: string; innerHTML: string };
};
const roots: Root[] = [];

beforeAll(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});
afterEach(() => {
  act(() => roots.splice(0).forEach((root) => void root.unmount()));
});

interface TopicProps {
  topicId: string | undefined;
}

function Topic({ topicId }: TopicProps): ReactElement {
  const { state, events, error } = useTopic(topicId);
  return createElement(
    "p",
    null,
    [state, ...events.map(({ offset }) => offset), error?.code ?? ""].join(" "),
  );
}

const page = (client: PubsubClient, props: TopicProps = { topicId: "room" }): ReactElement =>
  createElement(PubsubProvider, { client }, createElement(Topic, props));
const strict = (element: ReactElement): ReactElement => createElement(StrictMode, null, element);

function rendered(element: ReactElement): { text(): string; render(element: ReactElement): Promise<void> } {
  const container = document.createElement("div");
  const root = createRoot(container);
  roots.push(root);
  act(() => root.render(element));
  return {
    text: () => container.textContent,
    render: (next) => act(async () => root.render(next)),
  };
}

const settle = ({ time }: Harness): Promise<void> => act(() => time.pass(0));
const openSockets = ({ sockets }: Harness): number => sockets.filter(({ closed }) => !closed).length;

/** A component that makes its client, and closes it when it unmounts. */
function Owner({ harnesses }: { harnesses: Harness[] }): ReactElement {
  const [client] = useState(() => {
    const harness = createIdleHarness();
    harnesses.push(harness);
    return harness.client;
  });
  useEffect(() => () => client.close(), [client]);
  return page(client);
}

it("StrictMode opens one socket, and none is left when the component is gone", async () => {
  const harness = createIdleHarness();
  const { render } = rendered(strict(page(harness.client)));
  await settle(harness);
  expect(harness.sockets).toHaveLength(1);
  await render(createElement("i"));
  await act(() => harness.time.pass(30_000));
  expect([harness.client.state, openSockets(harness), harness.time.timers]).toEqual(["idle", 0, 0]);
});

it("a client of useState that an effect's clean-up closes receives events in StrictMode, over one socket", async () => {
  const harnesses: Harness[] = [];
  const { text, render } = rendered(strict(createElement(Owner, { harnesses })));
  for (const harness of harnesses) await settle(harness);
  // StrictMode calls the function of useState twice and drops one of its clients
  expect(harnesses.map(({ sockets }) => sockets.length).toSorted()).toEqual([0, 1]);
  const used = harnesses.find(({ sockets }) => sockets.length > 0) as Harness;
  await act(async () => {
    used.socket().open();
    used.socket().subscribed(0);
    used.socket().events([1]);
  });
  expect(text()).toBe("open 1 ");
  await render(createElement("i"));
  const held = harnesses.map((harness) => [openSockets(harness), harness.time.timers, harness.isListening()]);
  expect(held).toEqual([
    [0, 0, false],
    [0, 0, false],
  ]);
});

it("a server render opens nothing, listens to nothing, and shows the state idle", () => {
  for (const harness of [createIdleHarness(), createHarness()]) {
    const before = harness.sockets.length;
    expect(renderToString(strict(page(harness.client)))).toBe("<p>idle </p>");
    expect(harness.sockets).toHaveLength(before);
    harness.client.close();
  }
  const harnesses: Harness[] = [];
  renderToString(createElement(Owner, { harnesses }));
  expect(harnesses.map(({ sockets, isListening }) => [sockets.length, isListening()])).toEqual([[0, false]]);
});

it("hydrates without a mismatch, also if the client was open before", async () => {
  const logged = vi.spyOn(console, "error").mockImplementation(() => {});
  for (const harness of [createIdleHarness(), createHarness()]) {
    if (harness.client.state === "connecting") harness.socket().open();
    const container = document.createElement("div");
    container.innerHTML = renderToString(page(createIdleHarness().client));
    const problems: unknown[] = [];
    await act(async () => {
      const root = hydrateRoot(container, strict(page(harness.client)), {
        onRecoverableError: (problem) => problems.push(problem),
      });
      roots.push(root);
    });
    await settle(harness);
    if (harness.client.state === "connecting") act(() => harness.socket().open());
    expect(container.textContent).toBe("open ");
    expect([problems, logged.mock.calls]).toEqual([[], []]);
    act(() => harness.client.close());
  }
  logged.mockRestore();
});

it("useTopic(undefined) opens nothing and subscribes when it gets a topic", async () => {
  const harness = createIdleHarness();
  const { text, render } = rendered(page(harness.client, { topicId: undefined }));
  await act(() => harness.time.pass(60_000));
  expect([text(), harness.sockets.length]).toEqual(["idle ", 0]);
  await render(page(harness.client));
  await settle(harness);
  act(() => harness.socket().open());
  expect(harness.socket().take("SUBSCRIBE").topicId).toBe("room");
  expect(text()).toBe("open ");
});

it("returns the error that ended the subscription, until it subscribes again", async () => {
  const harness = createHarness();
  const { text, render } = rendered(page(harness.client));
  act(() => {
    harness.socket().open();
    harness.socket().refuse("FORBIDDEN");
  });
  expect(text()).toBe("open REFUSED");
  await render(page(harness.client, { topicId: "other" }));
  expect(text()).toBe("open ");
  act(() => harness.socket().cut(4401));
  expect(text()).toBe("closed CONNECTION_REFUSED");
});
