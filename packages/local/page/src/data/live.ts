import { signal } from "@preact/signals";
import type { About, LiveMessage } from "../../../src/inspector/wire.ts";
import { lines, messageOf, read } from "./server.ts";
import { createTopicStore } from "./topic-store.ts";
import { watched } from "./watched.ts";

export const store = createTopicStore();
export const live = signal<{ state: "connecting" | "open" | "lost"; problem?: string | undefined }>({
  state: "connecting",
});
/** Grows when there is something new to draw. */
export const version = signal(0);
/** Events that the server left out of its batches. */
export const leftOut = signal(0);
export const paused = signal(false);
/** Whether the topics from before the feed are being read. They are not for a stage whose topics are named. */
export const earlier = signal<{ isLoading: boolean; problem?: string }>({ isLoading: false });

/** So that a storm of events costs four drawings a second, not one for each event. */
const DRAW_EVERY_MS = 250;
const RETRY_MS = 2_000;
const CLOCK_MS = 1_000;

let drawing = false;
let drawnMs = 0;

export function draw(): void {
  if (drawing || paused.value) return;
  drawing = true;
  const wait = Math.max(0, DRAW_EVERY_MS - (performance.now() - drawnMs));
  setTimeout(() => {
    requestAnimationFrame((frameMs) => {
      drawing = false;
      drawnMs = frameMs;
      version.value += 1;
    });
  }, wait);
}

/** Follows the live feed, and reconnects. Returns a function that ends it. */
export function startLive(about: About): () => void {
  const end = new AbortController();
  const clock = setInterval(draw, CLOCK_MS);
  void follow(about, end.signal);
  return () => {
    end.abort();
    clearInterval(clock);
  };
}

async function follow(about: About, ended: AbortSignal): Promise<void> {
  if (about.feed === "all") void learnTopics();
  while (!ended.aborted) {
    const again = new AbortController();
    const signal = AbortSignal.any([ended, again.signal]);
    const stop = watched.subscribe(restartOn(again));
    try {
      await receive(about, signal);
    } catch (error) {
      if (!signal.aborted) live.value = { state: "lost", problem: messageOf(error) };
    }
    stop();
    if (!again.signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Another list of topics needs another request. The first call of a subscriber is for the present value. */
function restartOn(again: AbortController): () => void {
  let first = true;
  return () => {
    if (!first) again.abort();
    first = false;
  };
}

async function receive(about: About, signal: AbortSignal): Promise<void> {
  const topics = about.feed === "watched" ? watched.value : [];
  for (const topicId of topics) store.know(topicId);
  const query = new URLSearchParams(topics.map((topicId) => ["topic", topicId]));
  for await (const message of lines<LiveMessage>(`/api/live?${query}`, { signal })) {
    if ("problem" in message) live.value = { state: "open", problem: message.problem };
    else if (live.value.state !== "open" || ("events" in message && live.value.problem))
      live.value = { state: "open" };
    if (!("events" in message)) continue;
    store.add(message.events.filter(isNew), Date.now());
    if (message.left > 0) leftOut.value += message.left;
    draw();
  }
  throw new Error("the connection to the inspector's server ended");
}

/** A page that reconnects gets the last events again. */
function isNew({ topicId, epoch, offset }: { topicId: string; epoch: string; offset: number }): boolean {
  const last = store.topics.get(topicId)?.last;
  return !last || epoch > last.epoch || (epoch === last.epoch && offset > last.offset);
}

/** The topics that had their events before the feed began. */
async function learnTopics(): Promise<void> {
  earlier.value = { isLoading: true };
  try {
    const { topics } = await read<{ topics: string[] }>("topics");
    for (const topicId of topics) store.know(topicId);
    earlier.value = { isLoading: false };
  } catch (error) {
    earlier.value = { isLoading: false, problem: messageOf(error) };
  }
  draw();
}
