import { signal } from "@preact/signals";

export type Theme = "system" | "light" | "dark";
const THEMES: readonly Theme[] = ["system", "light", "dark"];
const KEY = "inspector-theme";

export const theme = signal<Theme>(THEMES.find((each) => each === localStorage.getItem(KEY)) ?? "system");

theme.subscribe((chosen) => {
  localStorage.setItem(KEY, chosen);
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
});

export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
}

/** Grows when the colours change, by the switch or by the system. */
export const paint = signal(0);
theme.subscribe(() => {
  paint.value += 1;
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  paint.value += 1;
});
