// @vitest-environment happy-dom
/** The options of `useTopic` that bring history, the newest value only, or a state: `last`, `latest` and `load`. */
import { act, createElement, type ReactElement, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, expect, it } from "vitest";
import type { LoadedState, SubscribeClient } from "../../packages/client/src/index.ts";
import { PubsubProvider, type UseTopicOptions, useTopic } from "../../packages/client/src/react/index.ts";
import { createHarness, createIdleHarness, type Harness } from "../support/client-harness.ts";

/** happy-dom defines it. The project does not use the DOM's types otherwise. */
declare const document: { createElement(name: "div"): Element & { textContent: string } };
const roots: Root[] = [];

beforeAll(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});
afterEach(() => {
  act(() => roots.splice(0).forEach((root) => void root.unmount()));
});

/** `7 5..7: 6 7 | total 3`: the end of the log, where delivery begins, the events, and the loaded state. */
function Topic({ options }: { options: UseTopicOptions<string> }): ReactElement {
  const { events, ready, loaded } = useTopic<{ n: number }, string>("room", options);
  const begins = ready
    ? `${ready.offset} ${ready.from?.offset ?? ""}..${ready.truncated ? " truncated" : ""}`
    : "loading";
  const state = loaded ? ` | ${loaded.state} at ${loaded.position.offset}` : "";
  return createElement("p", null, `${begins}: ${events.map(({ offset }) => offset).join(" ")}${state}`);
}

const page = (client: SubscribeClient, options: UseTopicOptions<string>): ReactElement =>
  createElement(PubsubProvider, { client }, createElement(Topic, { options }));

interface Mounted extends Harness {
  text(): string;
  render(element: ReactElement): Promise<void>;
}

async function mount(options: UseTopicOptions<string>, strict = false): Promise<Mounted> {
  const harness = createHarness();
  const container = document.createElement("div");
  const root = createRoot(container);
  roots.push(root);
  const element = page(harness.client, options);
  act(() => root.render(strict ? createElement(StrictMode, null, element) : element));
  await act(async () => harness.socket().open());
  return {
    ...harness,
    text: () => container.textContent,
    render: (next) => act(async () => root.render(next)),
  };
}

/** Responds to the SUBSCRIBE with `last`: the log ends at 7, and the events after `from` follow. */
const respond = ({ socket }: Harness, from: number, more: object = {}): Promise<object> => {
  const frame = socket().take("SUBSCRIBE");
  const { requestId, topicId } = frame;
  const position = { epoch: "a", offset: 7, recovered: true, from: { epoch: "a", offset: from }, ...more };
  return act(async () => {
    socket().message({ type: "SUBSCRIBED", requestId, topicId, ...position });
    return frame;
  });
};

it("is loading until the server confirms, and then shows the last events with where they begin", async () => {
  const mounted = await mount({ last: 2 }, true);
  expect(mounted.text()).toBe("loading: ");
  expect(await respond(mounted, 5)).toMatchObject({ last: 2 });
  expect(mounted.text()).toBe("7 5..: ");
  await act(async () => mounted.socket().events([6, 7]));
  expect(mounted.text()).toBe("7 5..: 6 7");
  expect(mounted.socket().sent).toEqual([]);
});

it("says that the server could not send all of the last events", async () => {
  const mounted = await mount({ last: 50 });
  await respond(mounted, 6, { truncated: true });
  await act(async () => mounted.socket().events([7]));
  expect(mounted.text()).toBe("7 6.. truncated: 7");
});

it("keeps as many events as last asks for, although that is more than the default limit", async () => {
  const mounted = await mount({ last: 150 });
  const offsets = Array.from({ length: 160 }, (_, index) => index + 11);
  await respond(mounted, 10, { offset: 160 });
  await act(async () => mounted.socket().events(offsets));
  expect(mounted.text()).toBe(`160 10..: ${offsets.slice(10).join(" ")}`);
});

it("sends latest with SUBSCRIBE", async () => {
  const mounted = await mount({ latest: true });
  expect(mounted.socket().take("SUBSCRIBE").latest).toBe(true);
});

it("returns the loaded state and the events after it, and drops the events of an earlier state", async () => {
  const results: ((loaded: LoadedState<string>) => void)[] = [];
  const load = (): Promise<LoadedState<string>> => new Promise((resolve) => results.push(resolve));
  const mounted = await mount({ load });
  await act(async () => void mounted.socket().subscribed(3));
  await act(async () => results[0]?.({ state: "first", position: { epoch: "a", offset: 2 } }));
  await act(async () => mounted.socket().events([3, 4]));
  expect(mounted.text()).toBe("3 ..: 3 4 | first at 2");
  // The events from 5 to 9 are gone, so the client loads again
  await act(async () => {
    mounted.socket().events([10]);
    await mounted.time.pass(250);
  });
  await act(async () => mounted.socket().pong({ room: { epoch: "a", offset: 10, recovered: false } }));
  await act(async () => results[1]?.({ state: "second", position: { epoch: "a", offset: 10 } }));
  expect(mounted.text()).toBe("3 ..:  | second at 10");
});

it("asks for what it missed, and not for last again, after a reconnection", async () => {
  const mounted = await mount({ last: 2 });
  await respond(mounted, 5);
  await act(async () => mounted.socket().events([6, 7]));
  await act(async () => mounted.socket().cut());
  await act(() => mounted.time.pass(30_000));
  await act(async () => mounted.socket().open());
  expect(mounted.socket().take("SUBSCRIBE")).toMatchObject({ since: { epoch: "a", offset: 7 } });
});

it.each([
  [{ last: 0 }, /^options\.last must be an integer from 1 to 1000; got 0/],
  [{ last: 1_001 }, /^options\.last must be/],
  [{ latest: false as unknown as true }, /^options\.latest must be true, or omitted; got false/],
  [
    { load: async () => ({ state: "", position: null }), last: 1 },
    /^options must have load without since, last and latest/,
  ],
  [{ lats: 1 } as UseTopicOptions<string>, /^options\.lats must be omitted/],
])("throws for the options %j", (options, message) => {
  const { client } = createIdleHarness();
  expect(() => renderToString(page(client, options))).toThrow(message);
});

it("is loading while a server renders", () => {
  const harness = createIdleHarness();
  expect(renderToString(page(harness.client, { last: 50 }))).toBe("<p>loading: </p>");
  expect(harness.sockets).toHaveLength(0);
});
