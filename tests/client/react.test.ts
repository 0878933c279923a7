// @vitest-environment happy-dom
import { act, createElement, type ReactElement, StrictMode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Position, TopicToken } from "../../packages/client/src/index.ts";
import { PubsubProvider, type TopicSnapshot, useTopic } from "../../packages/client/src/react/index.ts";
import { createHarness, type Harness } from "../support/client-harness.ts";

interface Rendered extends Harness {
  /** The snapshots of all renders, in order. */
  snapshots: TopicSnapshot<{ n: number }>[];
  text(): string;
  render(element: ReactElement): void;
  unmount(): void;
}

const roots: Root[] = [];

/** happy-dom defines it. The project does not use the DOM's types otherwise. */
declare const document: { createElement(name: "div"): Element & { textContent: string } };

beforeAll(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});
afterEach(() => {
  act(() => roots.splice(0).forEach((root) => void root.unmount()));
});

interface ListProps {
  topicId: string;
  limit?: number | undefined;
  since?: Position | undefined;
  token?: TopicToken | undefined;
  snapshots: TopicSnapshot<{ n: number }>[];
}

/** `open: 1 2 3 gap a4-a5`: the state, the events, and the gap. */
function List({ topicId, limit, since, token, snapshots }: ListProps): ReactElement {
  const topic = useTopic<{ n: number }>(topicId, { limit, since, token });
  snapshots.push(topic);
  const { events, gap, state } = topic;
  const offsets = events.map(({ data }) => data.n).join(" ");
  return createElement(
    "p",
    null,
    `${state}: ${offsets}${gap ? ` gap a${gap.from.offset}-a${gap.to.offset}` : ""}`,
  );
}

function Offsets({ seen }: { seen: string[] }): ReactElement {
  const { events } = useTopic("room");
  seen.push(events.map(({ offset }) => offset).join());
  return createElement("i");
}

function setUp(props: Partial<ListProps> = {}, strict = false): Rendered {
  const harness = createHarness();
  const snapshots: TopicSnapshot<{ n: number }>[] = [];
  const container = document.createElement("div");
  const root = createRoot(container);
  roots.push(root);
  const list = createElement(List, { topicId: "room", snapshots, ...props });
  const provider = createElement(PubsubProvider, { client: harness.client }, list);
  const render = (element: ReactElement): void => act(() => root.render(element));
  render(strict ? createElement(StrictMode, null, provider) : provider);
  return {
    ...harness,
    snapshots,
    text: () => container.textContent,
    render,
    unmount: () => act(() => root.unmount()),
  };
}

const open = ({ socket }: Harness, offset = 0): Promise<void> =>
  act(async () => {
    socket().open();
    socket().subscribed(offset);
  });

describe("useTopic", () => {
  it("renders events as they arrive, and the state of the connection", async () => {
    const rendered = setUp();
    expect(rendered.text()).toBe("connecting: ");
    await open(rendered);
    act(() => rendered.socket().events([1, 2]));
    expect(rendered.text()).toBe("open: 1 2");
    expect(rendered.snapshots.at(-1)?.last?.offset).toBe(2);
    act(() => rendered.socket().cut());
    expect(rendered.text()).toBe("reconnecting: 1 2");
  });

  it("keeps the newest events, up to the limit", async () => {
    const rendered = setUp({ limit: 2 });
    await open(rendered);
    act(() => rendered.socket().events([1, 2, 3]));
    expect(rendered.text()).toBe("open: 2 3");
  });

  it("begins after since and returns the gap", async () => {
    const rendered = setUp({ since: { epoch: "a", offset: 3 } });
    await act(async () => {
      rendered.socket().open();
      expect(rendered.socket().subscribed(5, { recovered: false }).since).toEqual({ epoch: "a", offset: 3 });
      rendered.socket().events([6]);
    });
    expect(rendered.text()).toBe("open: 6 gap a4-a5");
  });

  it("sends its token with each SUBSCRIBE", async () => {
    const rendered = setUp({ token: "secret" });
    await act(async () => {
      rendered.socket().open();
      expect(rendered.socket().subscribed(5).token).toBe("secret");
    });
    rendered.unmount();
    expect(JSON.stringify(rendered.socket().sent)).not.toContain("secret");
  });

  it("renders each event once over one subscription in StrictMode", async () => {
    const rendered = setUp({}, true);
    await open(rendered);
    act(() => rendered.socket().events([1]));
    expect(rendered.text()).toBe("open: 1");
    expect(rendered.socket().sent).toEqual([]);
  });

  it("never renders two different snapshots in one pass", async () => {
    const { client, socket } = createHarness();
    const seen: string[] = [];
    const root = createRoot(document.createElement("div"));
    roots.push(root);
    const both = ["one", "two"].map((key) => createElement(Offsets, { key, seen }));
    act(() => root.render(createElement(PubsubProvider, { client }, both)));
    await act(async () => {
      socket().open();
      socket().subscribed(0);
    });
    seen.length = 0;
    act(() => socket().events([1, 2, 3]));
    expect(seen).toEqual(["1,2,3", "1,2,3"]);
    act(() => client.close());
  });

  it("starts with an empty list for another topic and unsubscribes from the previous one", async () => {
    const rendered = setUp();
    await open(rendered);
    act(() => rendered.socket().events([1]));
    const { snapshots, client } = rendered;
    rendered.render(
      createElement(PubsubProvider, { client }, createElement(List, { topicId: "other", snapshots })),
    );
    expect(rendered.text()).toBe("open: ");
    rendered.socket().take("UNSUBSCRIBE", "room");
    await act(async () => {
      rendered.socket().subscribed(7, { topicId: "other" });
      rendered.socket().events([8], { topicId: "other" });
      rendered.socket().events([2]);
    });
    expect(rendered.text()).toBe("open: 8");
  });

  it("keeps its subscription when it renders again", async () => {
    const rendered = setUp();
    await open(rendered);
    act(() => rendered.socket().events([1]));
    const { snapshots, client } = rendered;
    rendered.render(
      createElement(
        PubsubProvider,
        { client },
        createElement(List, { topicId: "room", snapshots, since: { epoch: "a", offset: 0 } }),
      ),
    );
    expect([rendered.text(), rendered.socket().sent]).toEqual(["open: 1", []]);
  });

  it("unsubscribes when the component unmounts", async () => {
    const rendered = setUp();
    await open(rendered);
    rendered.unmount();
    expect(rendered.socket().take("UNSUBSCRIBE").topicId).toBe("room");
  });

  it("renders without events on a server", () => {
    const { client } = createHarness();
    const list = createElement(List, { topicId: "room", snapshots: [] });
    expect(renderToString(createElement(PubsubProvider, { client }, list))).toBe("<p>idle: </p>");
    client.close();
  });

  it("throws without a provider, a valid topic or a valid limit", () => {
    const { client } = createHarness();
    const inside = (props: object): ReactElement =>
      createElement(
        PubsubProvider,
        { client },
        createElement(List, { topicId: "room", snapshots: [], ...props }),
      );
    expect(() => renderToString(createElement(List, { topicId: "room", snapshots: [] }))).toThrow(
      /no PubsubProvider/,
    );
    expect(() => renderToString(inside({ topicId: "" }))).toThrow(/^topicId must be/);
    expect(() => renderToString(inside({ limit: 0 }))).toThrow(/^options\.limit must be a number from 1/);
  });
});
