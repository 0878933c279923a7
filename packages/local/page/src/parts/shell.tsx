import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { about } from "../data/about.ts";
import { live } from "../data/live.ts";
import { route } from "../data/route.ts";
import { nextTheme, theme } from "../data/theme.ts";
import { Icon, type IconName } from "./icon.tsx";
import { Shortcuts } from "./shortcuts.tsx";

const VIEWS = [
  { view: "live", name: "Live", icon: "live" },
  { view: "letters", name: "Dead letters", icon: "letters" },
  { view: "health", name: "Health", icon: "health" },
] as const satisfies { view: string; name: string; icon: IconName }[];

/** A publication and a topic are reached from the live view. */
const PARENT: Readonly<Record<string, string>> = { topic: "live", publication: "live" };

export function Shell({ children }: { children: ComponentChildren }): JSX.Element {
  const [showsKeys, setShowsKeys] = useState(false);
  useEffect(() => listenToKeys(() => setShowsKeys(true)), []);
  const { view } = route.value;
  const current = PARENT[view] ?? view;
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={() => document.querySelector("main")?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/live">
          <img src="/icon.svg" alt="" width="26" height="26" />
          <span>Inspector</span>
        </a>
        <Target />
        <Connection />
        <button
          type="button"
          class="button quiet"
          onClick={nextTheme}
          aria-label={`Colours: ${theme.value}. Change`}
          title={`Colours: ${theme.value}`}
        >
          <Icon name="theme" />
          <span class="theme-name">{theme.value}</span>
        </button>
        <button
          type="button"
          class="button quiet keys"
          onClick={() => setShowsKeys(true)}
          aria-label="Keyboard shortcuts"
        >
          ?
        </button>
      </header>
      <nav class="views" aria-label="Views">
        {VIEWS.map(({ view, name, icon }) => (
          <a key={view} href={`#/${view}`} aria-current={current === view ? "page" : undefined}>
            <Icon name={icon} />
            <span>{name}</span>
          </a>
        ))}
      </nav>
      <main tabIndex={-1}>{children}</main>
      {showsKeys && <Shortcuts close={() => setShowsKeys(false)} />}
    </div>
  );
}

function Target(): JSX.Element | null {
  const { data } = about.value;
  if (!data) return null;
  return (
    <p class="target" title={data.queue}>
      <span class={`badge ${data.kind === "local" ? "" : "accent"}`}>
        {data.kind === "local" ? "local" : "AWS"}
      </span>
      <span class="target-name">
        {data.table} <span class="muted">{data.region}</span>
      </span>
    </p>
  );
}

function Connection(): JSX.Element {
  const { state, problem } = live.value;
  const name =
    state === "lost" ? "Reconnecting" : problem ? "Problem" : state === "open" ? "Live" : "Connecting";
  const tone = state === "open" && !problem ? "good" : state === "connecting" ? "" : "bad";
  return (
    <p class="connection" role="status" title={problem}>
      <span class={`dot ${tone}`} aria-hidden="true" />
      {name}
    </p>
  );
}

function listenToKeys(showKeys: () => void): () => void {
  const onKey = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement | null;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") target?.blur();
    if (target?.closest("input, textarea, select, dialog")) return;
    const view = VIEWS[Number(event.key) - 1];
    if (view) location.hash = `#/${view.view}`;
    else if (event.key === "?") showKeys();
    else if (event.key === "/") {
      event.preventDefault();
      document.querySelector<HTMLElement>("[data-filter]")?.focus();
    } else if (event.key === "p") {
      const box = document.querySelector<HTMLElement>("[data-publish]");
      if (box) event.preventDefault();
      box?.focus();
    }
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}
