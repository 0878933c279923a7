import { signal } from "@preact/signals";

const KEY = "inspector-watched";
export const WATCHED_MAX = 20;

/** The topics that the server reads for this page, where it does not get all events. */
export const watched = signal<readonly string[]>(stored());

export function watch(topicIds: readonly string[]): void {
  const all = [...new Set([...watched.value, ...topicIds])].slice(-WATCHED_MAX);
  if (all.length === watched.value.length && all.every((each) => watched.value.includes(each))) return;
  watched.value = all;
  localStorage.setItem(KEY, JSON.stringify(all));
}

export function unwatch(topicId: string): void {
  watched.value = watched.value.filter((each) => each !== topicId);
  localStorage.setItem(KEY, JSON.stringify(watched.value));
}

function stored(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found.filter((each) => typeof each === "string").slice(0, WATCHED_MAX) : [];
  } catch {
    return [];
  }
}
