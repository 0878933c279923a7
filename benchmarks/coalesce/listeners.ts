import { setTimeout as delay } from "node:timers/promises";
import { inParallel } from "../../demo/subscriber.ts";
import { handleOrders } from "../support/handle-orders.ts";
import { connectListener, type Format, type Listener } from "./listener.ts";
import type { ListenOrder, ListenReply } from "./orders.ts";
import { sampleEvent } from "./sample-event.ts";
import { countReordered, createTally, sumHeard, type Tally } from "./tally.ts";

/** All listeners of a stack, in one process. Every second listener uses the event format. */
const CONNECTS_AT_ONCE = 20;
const POLL_MS = 50;

const listeners: { listener: Listener; format: Format; tally: Tally }[] = [];
/** The JSON text of every event of the run, with its sequence number. */
let sequences = new Map<string, number>();
let lastNewAtMs = 0;

handleOrders<ListenOrder, ListenReply | null>(async (order) => {
  if (order.do === "connect") await connect(order);
  if (order.do === "begin") begin(order);
  if (order.do === "await") await waitForDeliveries(order.deliveries, order.patienceMs);
  return order.do === "report" ? await report(order.offsets) : null;
});

const connect = (order: Extract<ListenOrder, { do: "connect" }>): Promise<void> =>
  inParallel(order.subscribers, CONNECTS_AT_ONCE, (index) =>
    connectOne(order, index % 2 === 0 ? "event" : "data"),
  );

async function connectOne(
  { websocketUrl, topicId }: Extract<ListenOrder, { do: "connect" }>,
  format: Format,
): Promise<void> {
  const entry = { format, tally: createTally() };
  const listener = await connectListener(
    websocketUrl,
    { topicId, format },
    {
      findSequence: (json) => sequences.get(json),
      received(frame) {
        const before = entry.tally.distinct;
        entry.tally.received(frame);
        if (entry.tally.distinct > before) lastNewAtMs = Date.now();
      },
    },
  );
  listeners.push(Object.assign(entry, { listener }));
}

function begin({ run, publishes }: Extract<ListenOrder, { do: "begin" }>): void {
  sequences = new Map(
    Array.from({ length: publishes }, (_, index) => [JSON.stringify(sampleEvent(run, index)), index]),
  );
  lastNewAtMs = Date.now();
  for (const entry of listeners) entry.tally = createTally();
}

async function waitForDeliveries(deliveries: number, patienceMs: number): Promise<void> {
  const heard = (): number => listeners.reduce((sum, { tally }) => sum + tally.distinct, 0);
  while (heard() < deliveries && Date.now() - lastNewAtMs < patienceMs) await delay(POLL_MS);
}

async function report(offsets: readonly (number | undefined)[]): Promise<ListenReply> {
  await Promise.all(listeners.map(({ listener }) => listener.settle()));
  const sumFormat = (format: Format): ReturnType<typeof sumHeard> =>
    sumHeard(listeners.flatMap((entry) => (entry.format === format ? [entry.tally.heard(offsets)] : [])));
  const together = listeners.find(({ format }) => format === "event")?.tally.frames() ?? [];
  const reordered = listeners
    .filter(({ format }) => format === "data")
    .reduce((sum, { tally }) => sum + countReordered(tally, together), 0);
  return { data: sumFormat("data"), event: sumFormat("event"), reordered, lastNewAtMs };
}
