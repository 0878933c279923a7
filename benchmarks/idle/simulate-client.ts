import { createRandom } from "../../packages/pubsub/src/testing/virtual-clock.ts";
import { createHarness, type Harness, type ScriptedSocket } from "../../tests/support/client-harness.ts";

/** What one client of this repository sends in a day, with its default options. */
export interface ClientDay {
  connections: number;
  subscribes: number;
  /** PINGs that name positions, and PINGs that do not. */
  pings: { named: number; bare: number };
}

export interface SimulatedClient {
  topics: number;
  /** How long the page is open. */
  hours: number;
  /** How many events arrive a minute on average, at random moments. */
  eventsPerMinute: number;
}

const STEP_MS = 1_000;
const STEPS_PER_HOUR = 3_600;

/**
 * Runs the real client under virtual time, with a server that responds to everything, and counts what the client sends. So
 * the number of heartbeats is the client's own, whatever its rules are.
 */
export async function simulateClient({
  topics,
  hours,
  eventsPerMinute,
}: SimulatedClient): Promise<ClientDay> {
  const random = createRandom(topics);
  const harness = createHarness({ random });
  const names = Array.from({ length: topics }, (_, index) => `topic-${index}`);
  for (const name of names) harness.client.subscribe(name, () => {});
  const offsets = new Map(names.map((name) => [name, 1]));
  const day: ClientDay = { connections: 0, subscribes: 0, pings: { named: 0, bare: 0 } };
  const opened = new Set<ScriptedSocket>();
  for (let step = 0; step < hours * STEPS_PER_HOUR; step++) {
    await harness.time.pass(STEP_MS);
    open(harness, opened, day);
    for (const socket of opened) {
      if (socket.closed) opened.delete(socket);
      else respond(socket, offsets, day);
    }
    if (random() < eventsPerMinute / 60) sendEvent(harness.socket(), names, offsets, random);
  }
  harness.client.close();
  return day;
}

function open({ sockets }: Harness, opened: Set<ScriptedSocket>, day: ClientDay): void {
  for (const socket of sockets) {
    if (socket.closed || opened.has(socket)) continue;
    opened.add(socket);
    day.connections += 1;
    socket.open();
  }
}

function respond(socket: ScriptedSocket, offsets: ReadonlyMap<string, number>, day: ClientDay): void {
  while (socket.sent.length > 0) {
    const { action, topicId } = socket.sent[0] ?? {};
    if (action === "SUBSCRIBE" && topicId !== undefined) {
      day.subscribes += 1;
      socket.subscribed(offsets.get(topicId) ?? 0, { topicId });
    } else if (action === "PING") {
      const { positions = {} } = socket.sent[0] ?? {};
      const named = Object.keys(positions);
      day.pings[named.length > 0 ? "named" : "bare"] += 1;
      const answers = named.map((name) => [name, { epoch: "a", offset: offsets.get(name), recovered: true }]);
      socket.pong(Object.fromEntries(answers));
    } else socket.sent.shift();
  }
}

function sendEvent(
  socket: ScriptedSocket,
  names: readonly string[],
  offsets: Map<string, number>,
  random: () => number,
): void {
  const topicId = names[Math.floor(random() * names.length)] ?? "";
  const offset = (offsets.get(topicId) ?? 0) + 1;
  offsets.set(topicId, offset);
  socket.events([offset], { topicId });
}
