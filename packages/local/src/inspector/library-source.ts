import type { DeadLetter, PubsubConfig, TopicEvent, TopicMember } from "lambda-websocket-pubsub";
import * as library from "lambda-websocket-pubsub";
import { createTopicFinder } from "./find-topics.ts";
import type { InspectorSource } from "./source.ts";
import type { EventHead, LetterHead } from "./wire.ts";

/** The subscribers that the page lists. It counts more. */
const SUBSCRIBERS_SHOWN = 200;
/** The members that the page lists. The library reads them all. */
const MEMBERS_SHOWN = 200;

/** Reads a stage with the library, whose AWS clients take region, credentials and endpoints from the environment. */
export function createLibrarySource(config: PubsubConfig): InspectorSource {
  const { readTopicEvents } = library;
  const findTopics = createTopicFinder(config.dynamodbTableName);
  return {
    async log({ topicId, last, after }) {
      const range = after ? { epoch: after.epoch, after: after.offset, limit: last } : { last };
      const heads: EventHead[] = [];
      for await (const event of readTopicEvents({ topicId, ...range, config })) heads.push(headOf(event));
      return heads;
    },
    async payload({ topicId, epoch, offset }) {
      for await (const event of readTopicEvents({ topicId, epoch, after: offset - 1, limit: 1, config })) {
        if (event.offset === offset) return { data: event.data };
      }
      throw notFound(topicId);
    },
    async subscribers({ topicId, max }) {
      const first: string[] = [];
      let count = 0;
      for await (const { domainName, stage, connectionId } of library.listSubscribers({ topicId, config })) {
        count += 1;
        if (count <= SUBSCRIBERS_SHOWN) first.push(`${domainName}/${stage}/${connectionId}`);
        if (count >= max) return { count, capped: true, first };
      }
      return { count, capped: false, first };
    },
    async members({ topicId }) {
      const first: TopicMember[] = [];
      let count = 0;
      for await (const member of library.listMembers({ topicId, config })) {
        count += 1;
        if (count <= MEMBERS_SHOWN) first.push(member);
      }
      return { count, first };
    },
    async publication({ topicId, epoch, offset }) {
      const known = epoch ?? (await currentEpoch(config, topicId, offset));
      const record = await library.getPublicationRecord({ topicId, epoch: known, offset, config });
      return { ...record, topicId, epoch: known, offset };
    },
    publish: (request) => library.publishToTopic({ ...request, config }),
    async letters({ max }) {
      const { visible, held } = await library.countDeadLetters({ config });
      const letters: LetterHead[] = [];
      for await (const letter of library.listDeadLetters({ config, max })) letters.push(letterHead(letter));
      return { visible, held, letters };
    },
    redrive: ({ topicId, code, max, dryRun }, onProgress) =>
      library.redriveDeadLetters({
        config,
        dryRun,
        max,
        onProgress,
        filter: (letter) =>
          (topicId === undefined || letter.topicId === topicId) &&
          (code === undefined || letter.code === code),
      }),
    findTopics,
  };
}

async function currentEpoch(config: PubsubConfig, topicId: string, offset: number): Promise<string> {
  for await (const { epoch } of library.readTopicEvents({ topicId, after: offset - 1, limit: 1, config })) {
    return epoch;
  }
  throw notFound(topicId);
}

const notFound = (topicId: string): library.PubsubError =>
  new library.PubsubError("PUBLICATION_NOT_FOUND", "no such event in the topic's log, or not any more", {
    context: { topicId },
  });

function headOf({ data, ...head }: TopicEvent): EventHead {
  return { ...head, bytes: Buffer.byteLength(JSON.stringify(data) ?? "") };
}

function letterHead(letter: DeadLetter): LetterHead {
  if (letter.malformed) {
    const { body: _, ...head } = letter;
    return head;
  }
  const { events: _, consumers, ...head } = letter;
  return { ...head, consumers: consumers.length };
}
