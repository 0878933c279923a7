// @vitest-environment happy-dom
/** `useMembers`: who is in a topic. */
import { act, createElement, type ReactElement, StrictMode } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createSubscribeClient, type MembersChange } from "../../packages/client/src/index.ts";
import {
  type MembersSnapshot,
  PubsubProvider,
  type UseMembersOptions,
  useMembers,
  useTopic,
} from "../../packages/client/src/react/index.ts";
import { createHarness, createIdleHarness, type Harness, ScriptedSocket } from "../support/client-harness.ts";

/** happy-dom defines it. The project does not use the DOM's types otherwise. */
declare const document: { createElement(name: "div"): Element & { textContent: string; innerHTML: string } };
const roots: Root[] = [];

beforeAll(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
});
afterEach(() => {
  act(() => roots.splice(0).forEach((root) => void root.unmount()));
});

interface PeopleProps extends UseMembersOptions<string> {
  topicId?: string | undefined;
  snapshots?: MembersSnapshot<string>[];
}

/** `open 2 ada ben`: the state, the count, and who is in the topic. */
function People({ topicId = "room", snapshots = [], ...options }: PeopleProps): ReactElement {
  const members = useMembers<string>(topicId, options);
  snapshots.push(members);
  const { state, count, list = [], error } = members;
  const names = list.map(({ userId, info }) => (info === undefined ? userId : `${userId}:${info}`));
  return createElement("p", null, [state, count ?? "?", ...names, error?.code ?? ""].join(" ").trim());
}

function Nobody(): ReactElement {
  return createElement("b", null, useMembers(undefined).state);
}

function Messages(): ReactElement {
  const { events } = useTopic("room", { last: 5 });
  return createElement("i", null, events.map(({ offset }) => offset).join());
}

interface Rendered extends Harness {
  text(): string;
  show(...children: ReactElement[]): void;
}

function setUp(children: ReactElement[] = [createElement(People, { key: "p" })], strict = false): Rendered {
  const harness = createHarness();
  const container = document.createElement("div");
  const root = createRoot(container);
  roots.push(root);
  const show = (...shown: ReactElement[]): void => {
    const provider = createElement(PubsubProvider, { client: harness.client }, shown);
    act(() => root.render(strict ? createElement(StrictMode, null, provider) : provider));
  };
  show(...children);
  return { ...harness, text: () => container.textContent, show };
}

const people = (props: PeopleProps = {}): ReactElement => createElement(People, { key: "people", ...props });
const named = (...names: string[]): object[] => names.map((userId) => ({ userId }));
const membersAt = (offset: number, ...names: string[]): object => {
  return { epoch: "m", offset, count: names.length, list: named(...names) };
};

const confirm = ({ socket }: Harness, offset: number, ...names: string[]): Promise<void> =>
  act(async () => void socket().subscribed(0, { members: membersAt(offset, ...names) }));

function tick({ socket }: Harness, offset: number, ...names: string[]): Promise<void> {
  const data = { count: names.length, list: named(...names) };
  const events = [{ offset, publicationId: `t${offset}`, publishedAt: offset, data }];
  return act(async () => socket().message({ type: "EVENTS", topicId: "$members/room", epoch: "m", events }));
}

describe("useMembers", () => {
  it("renders nobody until the server confirmed the subscription, and then each list", async () => {
    const rendered = setUp();
    expect(rendered.text()).toBe("connecting ?");
    act(() => rendered.socket().open());
    expect(rendered.socket().sent[0]).toMatchObject({ topicId: "room", presence: {}, latest: true });
    await confirm(rendered, 1, "ada");
    expect(rendered.text()).toBe("open 1 ada");
    await tick(rendered, 2, "ada", "ben");
    expect(rendered.text()).toBe("open 2 ada ben");
  });

  it("keeps the list while there is no connection", async () => {
    const rendered = setUp();
    act(() => rendered.socket().open());
    await confirm(rendered, 1, "ada", "ben");
    act(() => rendered.socket().cut());
    expect(rendered.text()).toBe("reconnecting 2 ada ben");
    await act(() => rendered.time.pass(2_000));
    act(() => rendered.socket().open());
    expect(rendered.text()).toBe("open 2 ada ben");
    await confirm(rendered, 4, "ada");
    expect(rendered.text()).toBe("open 1 ada");
  });

  it("shares one subscription with useTopic of the same topic, which gets all events", async () => {
    const rendered = setUp([people(), createElement(Messages, { key: "messages" })]);
    act(() => rendered.socket().open());
    expect(rendered.socket().sent).toHaveLength(1);
    expect(rendered.socket().sent[0]).toMatchObject({ topicId: "room", last: 5, presence: {} });
    expect(rendered.socket().sent[0]?.latest).toBeUndefined();
    await act(async () => {
      const from = { epoch: "a", offset: 1 };
      rendered.socket().subscribed(2, { from, members: membersAt(1, "ada") });
      rendered.socket().events([2, 3]);
    });
    expect(rendered.text()).toBe("open 1 ada2,3");
  });

  it("subscribes once in StrictMode, and leaves when the component unmounts", async () => {
    const rendered = setUp([people()], true);
    act(() => rendered.socket().open());
    await confirm(rendered, 1, "ada");
    expect(rendered.socket().sent).toEqual([]);
    rendered.show();
    expect(rendered.socket().take("UNSUBSCRIBE").topicId).toBe("room");
    expect(rendered.socket().sent).toEqual([]);
  });

  it("sends another info without leaving, and none for an equal one of another render", async () => {
    const rendered = setUp([people({ info: "here" })]);
    act(() => rendered.socket().open());
    expect(rendered.socket().sent[0]?.presence).toEqual({ info: "here" });
    await confirm(rendered, 1, "ada");
    await act(async () => rendered.show(people({ info: "here" })));
    expect(rendered.socket().sent).toEqual([]);
    await act(async () => rendered.show(people({ info: "away" })));
    expect(rendered.socket().sent.map(({ action, presence }) => [action, presence])).toEqual([
      ["SUBSCRIBE", { info: "away" }],
    ]);
    expect(rendered.text()).toBe("open 1 ada");
    await confirm(rendered, 1, "ada");
  });

  it("calls the onMembers of the last render, with who joined and left", async () => {
    const seen: string[] = [];
    const listener =
      (name: string) =>
      ({ count, joined, left }: MembersChange<string>): void =>
        void seen.push(
          [name, count, ...joined.map((m) => `+${m.userId}`), ...left.map((m) => `-${m.userId}`)].join(" "),
        );
    const rendered = setUp([people({ onMembers: listener("one") })]);
    act(() => rendered.socket().open());
    await confirm(rendered, 1, "ada");
    rendered.show(people({ onMembers: listener("two") }));
    await tick(rendered, 2, "ben");
    expect(seen).toEqual(["one 1", "two 1 +ben -ada"]);
  });

  it("starts with nobody for another topic, and subscribes to nothing for undefined", async () => {
    const rendered = setUp([people()]);
    act(() => rendered.socket().open());
    await confirm(rendered, 1, "ada");
    rendered.show(people({ topicId: "other" }));
    expect(rendered.text()).toBe("open ?");
    expect(rendered.socket().sent.map(({ action, topicId }) => [action, topicId])).toEqual([
      ["UNSUBSCRIBE", "room"],
      ["SUBSCRIBE", "other"],
    ]);
    const idle = createIdleHarness();
    const root = createRoot(document.createElement("div"));
    roots.push(root);
    await act(async () => {
      root.render(createElement(PubsubProvider, { client: idle.client }, createElement(Nobody)));
    });
    expect(idle.sockets).toEqual([]);
  });

  it("shows the error that ended the subscription", async () => {
    const rendered = setUp();
    await act(async () => {
      rendered.socket().open();
      rendered.socket().refuse("FORBIDDEN");
    });
    expect(rendered.text()).toBe("open ? REFUSED");
  });

  it("renders nobody on a server, and hydrates that", async () => {
    const harness = createIdleHarness();
    const page = createElement(PubsubProvider, { client: harness.client }, createElement(People));
    const html = renderToString(page);
    expect([html, harness.sockets]).toEqual(["<p>idle ?</p>", []]);
    const container = document.createElement("div");
    container.innerHTML = html;
    const problems: unknown[] = [];
    await act(async () => {
      roots.push(
        hydrateRoot(container as never, page, { onRecoverableError: (error) => problems.push(error) }),
      );
    });
    act(() => harness.socket().open());
    await confirm(harness, 1, "ada");
    expect([container.textContent, problems]).toEqual(["open 1 ada", []]);
  });

  it.each([
    ["an empty topic", { topicId: "" }, /^topicId must be/],
    ["an unknown option", { last: 5 }, /^options\.last must be omitted/],
    ["an info of more than 1,024 bytes", { info: "x".repeat(1_023) }, /^options\.info must be JSON/],
    ["a listener that is no function", { onMembers: 5 }, /^options\.onMembers must be a function/],
  ])("throws INVALID_ARGUMENT for %s", (_, props, message) => {
    const { client } = createIdleHarness();
    const page = createElement(PubsubProvider, { client }, createElement(People, props as never));
    expect(() => renderToString(page)).toThrow(message);
  });

  it("throws INVALID_ARGUMENT with a client of createSubscribeClient", () => {
    const client = createSubscribeClient({ url: "wss://example.com", webSocket: ScriptedSocket });
    const root = createRoot(document.createElement("div"), { onUncaughtError() {} });
    roots.push(root);
    const page = createElement(PubsubProvider, { client }, createElement(People));
    expect(() => act(() => root.render(page))).toThrow(/must be omitted: the options are since, token/);
  });
});
