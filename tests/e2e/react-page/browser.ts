/** Renders the app, or hydrates it if the page has its markup. The test calls `unmount`. */
import { createElement } from "react";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { App, type AppProps } from "./app.ts";

/** The project does not use the DOM's types otherwise. */
declare const document: { querySelector(selector: string): Element & { hasChildNodes(): boolean } };

function start(props: AppProps): void {
  const container = document.querySelector("#root");
  const app = createElement(App, props);
  let root: Root;
  if (container.hasChildNodes()) root = hydrateRoot(container, app);
  else {
    root = createRoot(container);
    root.render(app);
  }
  Object.assign(globalThis, { unmount: () => root.unmount() });
}

Object.assign(globalThis, { start });
