/** Renders the app's markup, in Node. */
import { createElement } from "react";
import { renderToString } from "react-dom/server";
import { App, type AppProps } from "./app.ts";

export const render = (props: AppProps): string => renderToString(createElement(App, props));
