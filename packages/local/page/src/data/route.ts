import { signal } from "@preact/signals";

export interface Route {
  view: "live" | "topic" | "publication" | "letters" | "health";
  topicId?: string | undefined;
  epoch?: string | undefined;
  offset?: number | undefined;
}

export const route = signal<Route>(parse(location.hash));
addEventListener("hashchange", () => {
  route.value = parse(location.hash);
  document.querySelector("main")?.focus({ preventScroll: true });
  scrollTo(0, 0);
});

function parse(hash: string): Route {
  const [view, topic, ...rest] = hash.replace(/^#\/?/, "").split("/");
  const topicId = topic === undefined || topic === "" ? undefined : decoded(topic);
  if (view === "topic") return { view: "topic", topicId };
  if (view === "publication") {
    const [offset, epoch] = [rest.at(-1), rest.length > 1 ? rest[0] : undefined];
    return { view: "publication", topicId, epoch, offset: Number(offset) || undefined };
  }
  return { view: view === "letters" || view === "health" ? view : "live" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const topicLink = (topicId: string): string => `#/topic/${encodeURIComponent(topicId)}`;

export function publicationLink(name: {
  topicId: string;
  epoch?: string | undefined;
  offset: number;
}): string {
  const { topicId, epoch, offset } = name;
  const place = epoch === undefined ? `${offset}` : `${epoch}/${offset}`;
  return `#/publication/${encodeURIComponent(topicId)}/${place}`;
}
