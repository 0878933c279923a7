import { randomUUID } from "node:crypto";
import { getPublicationStatus, type PublishResult, publishToTopic } from "lambda-websocket-pubsub";
import { type Check, fails, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";
import { eventsIn } from "../socket.ts";
import { waitFor } from "../wait.ts";

const PUBLISHED = { messages: 8, invocations: 5, writeUnits: 12, readUnits: 10, sqsRequests: 4 };
const DELIVERED_WITHIN_MS = 60_000;
const PUBLICATIONS = 5;

export const deliveryChecks: readonly Check[] = [
  {
    id: "delivery",
    what: "a publication through the queue arrives in both formats",
    expected: "the bare data, and an EVENTS message with offset 1; the fan-out is complete",
    usage: PUBLISHED,
    async run(context) {
      const { socket: bare, topicId } = await context.subscriber({ format: "data" });
      const { socket: withOffsets } = await context.subscriber({ topicId, format: "event" });
      const data = { verify: randomUUID() };
      const published = await publishToTopic({ topicId, data, config: context.config });
      const both = await waitFor({ signal: context.signal, withinMs: DELIVERED_WITHIN_MS }, () =>
        bare.received.length > 0 && eventsIn(withOffsets.received).length > 0 ? true : undefined,
      );
      if (!both)
        return fails(
          `nothing arrived within ${seconds(DELIVERED_WITHIN_MS)}; ${await progress(context, published)}`,
        );
      const [event] = eventsIn(withOffsets.received);
      const isRight = bare.received[0] === JSON.stringify(data) && event?.offset === published.offset;
      if (!isRight) return fails("something else arrived than what was published");
      const state = await completed(context, published);
      return verdict(state === "complete", `both arrived; the fan-out is ${state}`);
    },
  },
  {
    id: "idempotency",
    what: "the same publicationId twice is one event",
    expected: "duplicate: true, the same offset, one event in the log, one delivery",
    usage: PUBLISHED,
    async run(context) {
      const { socket, topicId } = await context.subscriber({ format: "event" });
      const { config, signal } = context;
      const request = { topicId, data: "once", publicationId: randomUUID(), config };
      const first = await publishToTopic(request);
      const second = await publishToTopic(request);
      // Posts to one connection keep the order of their publications, so this one ends the wait for a second copy
      const last = await publishToTopic({ topicId, data: "last", config });
      const arrived = await waitFor({ signal, withinMs: DELIVERED_WITHIN_MS }, () =>
        eventsIn(socket.received).some(({ offset }) => offset === last.offset) ? true : undefined,
      );
      if (!arrived)
        return fails(`no delivery within ${seconds(DELIVERED_WITHIN_MS)}; ${await progress(context, last)}`);
      await completed(context, first);
      const copies = eventsIn(socket.received).filter(({ offset }) => offset === first.offset).length;
      const isOne =
        !first.duplicate && second.duplicate && second.offset === first.offset && last.offset === 2;
      return verdict(
        isOne && copies === 1,
        `duplicate: ${second.duplicate}, offsets ${first.offset}, ${second.offset} and then ${last.offset}, ${copies} delivered`,
      );
    },
  },
  {
    id: "offsets",
    what: "publications at the same time get contiguous offsets",
    expected: `offsets 1 to ${PUBLICATIONS} of one epoch`,
    usage: { writeUnits: 30, readUnits: 10, sqsRequests: 10, invocations: 5 },
    async run({ newTopic, config }) {
      const topicId = newTopic();
      const publish = (data: number): Promise<PublishResult> => publishToTopic({ topicId, data, config });
      const results = await Promise.all(Array.from({ length: PUBLICATIONS }, (_, index) => publish(index)));
      const offsets = results.map(({ offset }) => offset).sort((one, other) => one - other);
      const epochs = new Set(results.map(({ epoch }) => epoch)).size;
      const areContiguous = offsets.every((offset, index) => offset === index + 1);
      return verdict(areContiguous && epochs === 1, `offsets ${offsets.join(", ")} of ${epochs} epoch`);
    },
  },
];

const seconds = (ms: number): string => `${ms / 1_000} s`;

/** Waits a while for the end of a fan-out, and returns its state. */
async function completed({ config, signal }: VerifyContext, publication: PublishResult): Promise<string> {
  const { topicId, epoch, offset } = publication;
  const state = async (): Promise<string> =>
    (await getPublicationStatus({ topicId, epoch, offset, config })).state;
  const complete = await waitFor({ signal, withinMs: 20_000 }, async () =>
    (await state()) === "complete" ? "complete" : undefined,
  );
  return complete ?? (await state());
}

/** What the ledger says about a delivery that did not arrive. */
async function progress({ config }: VerifyContext, publication: PublishResult): Promise<string> {
  const { topicId, epoch, offset } = publication;
  const status = await getPublicationStatus({ topicId, epoch, offset, config });
  const { state, delivered, gone, retried, abandoned } = status;
  const counts = `${delivered} delivered, ${gone} gone, ${retried} retried, ${abandoned} abandoned`;
  return `the fan-out is ${state}: ${counts}. ${explain(status)}`;
}

function explain({
  state,
  retried,
  delivered,
  gone,
}: Awaited<ReturnType<typeof getPublicationStatus>>): string {
  if (retried > 0)
    return "The worker cannot post: look at its log, 403 is a missing execute-api:ManageConnections";
  if (gone > 0) return "The worker was told that the connection is gone: it posts to another API or stage";
  if (delivered > 0) return "The worker posted, and the messages went to other connections or were lost";
  if (state === "queued")
    return "No worker has begun: look at the mapping of the queue, and at the worker's log";
  return "The worker found no subscriber: look at the index";
}
