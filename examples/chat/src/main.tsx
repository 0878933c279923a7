import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { PubsubProvider } from "lambda-websocket-pubsub-client/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ROOM_PATTERN } from "./message.ts";
import { createOutbox } from "./outbox.ts";
import { Room } from "./room.tsx";
import { createUser } from "./user.ts";

const parameters = new URLSearchParams(location.search);
const asked = parameters.get("room") ?? "";
const room = ROOM_PATTERN.test(asked) ? asked : "room-1";
document.title = `${room} · Chat`;

const client = createPubsubClient({ url: import.meta.env.VITE_WEBSOCKET_URL });
const outbox = createOutbox(room, sessionStorage);
const user = createUser(localStorage, parameters.get("name"));
const container = document.getElementById("root");
if (!container) throw new Error("index.html has no #root");

createRoot(container).render(
  <StrictMode>
    <PubsubProvider client={client}>
      <Room room={room} outbox={outbox} user={user} />
    </PubsubProvider>
  </StrictMode>,
);
