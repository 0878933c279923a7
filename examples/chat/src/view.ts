import type { ClientState } from "lambda-websocket-pubsub-client";
import { ENTRIES_MAX, type Entry } from "./history.ts";
import { type ChatMessage, NAME_LENGTH_MAX, TEXT_LENGTH_MAX } from "./message.ts";

export interface View {
  showState(state: ClientState): void;
  /** Shows that the page is subscribed. `earlier` is the number of messages in the room, shown here or not. */
  showJoined(earlier: number): void;
  append(entry: Entry): void;
  /** `undefined` hides it. */
  showProblem(text: string | undefined): void;
}

const STATES: Record<ClientState, string> = {
  idle: "Not connected",
  connecting: "Connecting…",
  open: "Live",
  reconnecting: "Reconnecting…",
  closed: "Disconnected",
};

/** A page that is scrolled at most this far from the end follows new messages. */
const NEAR_END_PX = 80;

/** `onSend` resolves to whether the message was sent. If so, the view clears the field. */
export function createView(room: string, onSend: (message: ChatMessage) => Promise<boolean>): View {
  const entries = element("entries", HTMLOListElement);
  const name = element("name", HTMLInputElement);
  const text = element("text", HTMLInputElement);
  const state = element("state", HTMLElement);
  const problem = element("problem", HTMLElement);
  const empty = element("empty", HTMLElement);

  document.title = `${room} · Chat`;
  element("room", HTMLElement).textContent = room;
  name.maxLength = NAME_LENGTH_MAX;
  text.maxLength = TEXT_LENGTH_MAX;
  name.value = localStorage.getItem("chat:name") ?? "";
  (name.value === "" ? name : text).focus();

  element("composer", HTMLFormElement).addEventListener("submit", async (event) => {
    event.preventDefault();
    const message = { name: name.value.trim(), text: text.value.trim() };
    if (message.name === "" || message.text === "") return;
    localStorage.setItem("chat:name", message.name);
    const sentValue = text.value;
    if ((await onSend(message)) && text.value === sentValue) text.value = "";
    text.focus();
  });

  return {
    showState(next) {
      state.dataset.state = next;
      state.textContent = STATES[next];
    },
    showJoined(earlier) {
      empty.textContent = describeEmpty(earlier);
    },
    append(entry) {
      const isAtEnd = entries.scrollHeight - entries.scrollTop - entries.clientHeight < NEAR_END_PX;
      empty.hidden = true;
      entries.append(entry.kind === "gap" ? gapItem(entry.text) : messageItem(entry, entries));
      if (entries.childElementCount > ENTRIES_MAX) entries.firstElementChild?.remove();
      if (isAtEnd) entries.scrollTop = entries.scrollHeight;
    },
    showProblem(message) {
      problem.hidden = message === undefined;
      problem.textContent = message ?? "";
    },
  };
}

function describeEmpty(earlier: number): string {
  if (earlier === 0) return "Nothing here yet. Say hello.";
  const count = earlier === 1 ? "1 message was" : `${earlier} messages were`;
  return `${count} written before you came. New ones appear here.`;
}

function messageItem(entry: Entry & { kind: "message" }, { lastElementChild }: HTMLElement): HTMLLIElement {
  const item = document.createElement("li");
  item.className = entry.isMine ? "message mine" : "message";
  item.dataset.author = entry.name;
  const previous = lastElementChild instanceof HTMLElement ? lastElementChild : undefined;
  const isSameAuthor = previous?.className === item.className && previous.dataset.author === entry.name;
  if (isSameAuthor) item.dataset.follows = "";
  const at = new Date(entry.publishedAt);
  const time = part("time", "time", at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at.toISOString();
  item.append(part("span", "author", entry.name), part("p", "text", entry.text), time);
  return item;
}

function gapItem(text: string): HTMLLIElement {
  const item = document.createElement("li");
  item.className = "gap notice";
  item.textContent = text;
  return item;
}

/** All text of other users goes through this function as text, never as HTML. */
function part<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  text: string,
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function element<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no #${id} of the type ${type.name}`);
  return found;
}
