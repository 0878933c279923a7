import { type PublicationRecord, publicationRecord } from "../core/fanout/publication-record.ts";
import { assertTopicId } from "../core/ids.ts";
import { type NamedPublication, namedPublication, pubsubFor } from "./call.ts";

/**
 * Returns all that the log and the ledger have about a publication: what `getPublicationStatus` returns, when it was
 * published, and each unit of work of its fan-out with its times and counts. A publication to a million subscribers has
 * about a thousand units, and this call reads a row for each: to wait for the end, use `getPublicationStatus`. Throws
 * `PUBLICATION_NOT_FOUND`, `INVALID_TOPIC_ID`, `INVALID_ARGUMENT`, `STORAGE_FAILED`.
 *
 * @example
 * ```ts
 * import { getPublicationRecord } from "lambda-websocket-pubsub";
 *
 * const { publishedAt, units } = await getPublicationRecord({ topicId: "room-1", epoch, offset: 42, config });
 * for (const { unit, doneAt, delivered } of units) console.log(unit, doneAt, delivered);
 * ```
 */
export async function getPublicationRecord(request: NamedPublication): Promise<PublicationRecord> {
  const { ports } = pubsubFor("getPublicationRecord", request, namedPublication);
  const { topicId, epoch, offset } = request;
  assertTopicId(topicId);
  return publicationRecord(ports, { topicId, epoch, offset });
}
