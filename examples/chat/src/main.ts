import { createPubsubClient, type Gap } from "lambda-websocket-pubsub-client";
import { createHistory, type Entry } from "./history.ts";
import { type ChatMessage, ROOM_PATTERN, readMessage } from "./message.ts";
import { publish } from "./publish.ts";
import { createView } from "./view.ts";

const asked = new URLSearchParams(location.search).get("room") ?? "";
const room = ROOM_PATTERN.test(asked) ? asked : "room-1";
const history = createHistory(room, sessionStorage);
const view = createView(room, send);
for (const entry of history.entries) view.append(entry);

const client = createPubsubClient({ url: import.meta.env.VITE_WEBSOCKET_URL });
view.showState(client.state);
client.onStateChange(view.showState);

const sentIds = new Set<string>();
const subscription = client.subscribe(
  room,
  ({ data, publishedAt, publicationId, ...position }) => {
    const isMine = sentIds.delete(publicationId);
    show({ kind: "message", ...readMessage(data), publishedAt, isMine }, position);
  },
  { since: history.position, onGap: (gap) => show({ kind: "gap", text: describeGap(gap) }, gap.to) },
);
subscription.ready.then(
  (position) => {
    // First visit: a reload continues from here, also if no message has arrived by then
    if (!history.position) history.advance(position);
    // Offsets count a room's messages from 1, without holes
    view.showJoined(position.offset);
  },
  (error: Error) => view.showProblem(`No messages: ${error.message}.`),
);

function show(entry: Entry, position: { epoch: string; offset: number }): void {
  history.advance(position, entry);
  view.append(entry);
}

function describeGap({ from, to, reason }: Gap): string {
  if (reason !== "history-unavailable") return "The room's log started again. Earlier messages are gone.";
  const count = to.offset - from.offset + 1;
  return `${count === 1 ? "1 message is" : `${count} messages are`} gone: you were away for too long.`;
}

/** A message whose result is unknown. Sent again, it keeps its publication id, so it is published only once. */
let unsent: (ChatMessage & { publicationId: string }) | undefined;

async function send(message: ChatMessage): Promise<boolean> {
  const isRetry = unsent?.name === message.name && unsent.text === message.text;
  const sending = isRetry && unsent ? unsent : { ...message, publicationId: crypto.randomUUID() };
  unsent = sending;
  sentIds.add(sending.publicationId);
  try {
    await publish({ room, ...sending });
    if (unsent === sending) unsent = undefined;
    view.showProblem(undefined);
    return true;
  } catch (error) {
    view.showProblem((error as Error).message);
    return false;
  }
}
