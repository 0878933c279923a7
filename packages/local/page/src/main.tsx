import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/controls.css";
import "./styles/views.css";
import "./styles/health.css";
import "./styles/timeline.css";
import { render } from "preact";
import { App } from "./app.tsx";
import { enterByLink } from "./data/session.ts";

const root = document.querySelector("#root");
if (root) {
  await enterByLink();
  render(<App />, root);
}
