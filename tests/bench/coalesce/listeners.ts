import { setTimeout as delay } from "node:timers/promises";
import { inParallel } from "../../../demo/subscriber.ts";
import { answerOrders } from "../support/answer-orders.ts";
import { connectListener, type Format, type Listener } from "./listener.ts";
import type { ListenAnswer, ListenOrder } from "./orders.ts";
import { sampleEvent } from "./sample-event.ts";
import { countReordered, createTally, sumOf, type Tally } from "./tally.ts";

/** All listeners of a stack, in a process of their own; every other one asks for the event format. */
const CONNECTS_AT_ONCE = 20;
const LOOK_AGAIN_MS = 50;

const listeners: { listener: Listener; format: Format; tally: Tally }[] = [];
/** The JSON text of every event of the run, and its place among them. */
let sequences = new Map<string, number>();
let lastNewAtMs = 0;

answerOrders<ListenOrder, ListenAnswer | null>(async (order) => {
  if (order.do === "connect") await connect(order);
  if (order.do === "begin") begin(order);
  if (order.do === "await") await untilHeard(order.deliveries, order.patienceMs);
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
      sequenceOf: (json) => sequences.get(json),
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

async function untilHeard(deliveries: number, patienceMs: number): Promise<void> {
  const heard = (): number => listeners.reduce((sum, { tally }) => sum + tally.distinct, 0);
  while (heard() < deliveries && Date.now() - lastNewAtMs < patienceMs) await delay(LOOK_AGAIN_MS);
}

async function report(offsets: readonly (number | undefined)[]): Promise<ListenAnswer> {
  await Promise.all(listeners.map(({ listener }) => listener.settle()));
  const of = (format: Format): ReturnType<typeof sumOf> =>
    sumOf(listeners.flatMap((entry) => (entry.format === format ? [entry.tally.heard(offsets)] : [])));
  const together = listeners.find(({ format }) => format === "event")?.tally.frames() ?? [];
  const reordered = listeners
    .filter(({ format }) => format === "data")
    .reduce((sum, { tally }) => sum + countReordered(tally, together), 0);
  return { data: of("data"), event: of("event"), reordered, lastNewAtMs };
}
