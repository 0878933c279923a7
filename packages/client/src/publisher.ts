import { aNumber, type Check, checkOptions } from "./check.ts";
import type { Core } from "./core.ts";
import type { PubsubClientError } from "./errors.ts";
import { QUEUE_BYTES_DEFAULT, QUEUE_COUNT_DEFAULT, QUEUE_MAX } from "./limits.ts";
import type { Link, PublishedFrame } from "./link.ts";
import { type PublishQueueOptions, type ResolvedOptions, resolveWebSocket } from "./options.ts";
import { checkPublication, checkSize, type Publication, publishError } from "./publication.ts";
import { createLane, type Lane } from "./publish-lane.ts";
import type { Position } from "./topic-event.ts";
import type { Published, PublishOptions } from "./types.ts";

const QUEUE_CHECKS: Record<keyof PublishQueueOptions, Check> = {
  maxCount: aNumber(QUEUE_COUNT_DEFAULT, 1, QUEUE_MAX),
  maxBytes: aNumber(QUEUE_BYTES_DEFAULT, 1, QUEUE_MAX),
};

/** Publishes for a client: one lane for each topic, and a bound for all that waits. */
export interface Publisher {
  publish(topicId: string, data: unknown, options?: PublishOptions): Promise<Published>;
  linkUp(link: Link): void;
  linkDown(link: Link): void;
  take(): Iterable<Lane>;
}

/** Throws `INVALID_ARGUMENT`. */
export function createPublisher(
  { lifecycle, topics }: Core,
  options: ResolvedOptions,
  queueOptions: PublishQueueOptions = {},
  reach: (topicId: string, position: Position) => void,
): Publisher {
  const { clock, random } = options;
  const { maxCount, maxBytes } = checkOptions<{ maxCount: number; maxBytes: number }>(
    "options.publishQueue",
    queueOptions,
    QUEUE_CHECKS,
  );
  const lanes = new Map<string, Lane>();
  let current: Link | undefined;
  let count = 0;
  let bytes = 0;

  function laneOf(topicId: string): Lane {
    const known = lanes.get(topicId);
    if (known) return known;
    const lane: Lane = createLane({
      ...options,
      link: () => current,
      onPublished,
      onEmpty() {
        if (lanes.get(topicId) === lane) lanes.delete(topicId);
      },
    });
    lanes.set(topicId, lane);
    return lane;
  }

  /** The server does not send it to the connection that published it, so the client adds it to what it received. */
  function onPublished({ request, bytes: chars }: Publication, published: PublishedFrame): void {
    const { topicId, data } = request;
    const { epoch, offset, publicationId, duplicate } = published;
    const event = { topicId, epoch, offset, publicationId, publishedAt: clock.now(), data };
    if (!duplicate) topics.get(topicId)?.push(event, chars);
    // An earlier attempt was published, and perhaps not sent to this client
    else reach(topicId, { epoch, offset });
  }

  function add(
    { request, token, signal }: ReturnType<typeof checkPublication>,
    resolve: (published: Published) => void,
    reject: (error: PubsubClientError) => void,
  ): void {
    const size = checkSize(request, token);
    let isOver = false;
    const finish = <Given>(settle: (given: Given) => void, given: Given): void => {
      if (isOver) return;
      isOver = true;
      count--;
      bytes -= size;
      signal?.removeEventListener("abort", onAbort);
      settle(given);
      lifecycle.count(-1);
    };
    const publication: Publication = {
      request,
      token,
      bytes: size,
      tries: 0,
      get isOver() {
        return isOver;
      },
      resolve: (published) => finish(resolve, published),
      reject: (error) => finish(reject, error),
    };
    const onAbort = (): void => {
      publication.reject(
        publishError("ABORTED", "its signal was aborted", publication, { cause: signal?.reason }),
      );
      lanes.get(request.topicId)?.next();
    };
    count++;
    bytes += size;
    lifecycle.count(1);
    signal?.addEventListener("abort", onAbort);
    const { obstacle } = lifecycle;
    if (signal?.aborted) onAbort();
    else if (obstacle)
      publication.reject(publishError(obstacle.code, obstacle.message, publication, obstacle));
    else if (count > maxCount || bytes > maxBytes) {
      const why = `${count - 1} publications of ${bytes - size} bytes wait already`;
      publication.reject(publishError("QUEUE_FULL", why, publication));
    } else laneOf(request.topicId).add(publication);
  }

  return {
    publish: (topicId, data, publishOptions = {}) =>
      new Promise((resolve, reject) => {
        const checked = checkPublication(topicId, data, publishOptions, random);
        resolveWebSocket(options);
        add(checked, resolve, reject);
      }),
    linkUp(link) {
      current = link;
      for (const lane of lanes.values()) lane.next();
    },
    linkDown(link) {
      if (current === link) current = undefined;
      for (const lane of lanes.values()) lane.linkDown(link);
    },
    take() {
      const taken = [...lanes.values()];
      lanes.clear();
      current = undefined;
      return taken;
    },
  };
}
