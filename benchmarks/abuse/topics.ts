import { publishToTopic } from "lambda-websocket-pubsub";
import { inParallel } from "../../demo/subscriber.ts";

export interface Position {
  epoch: string;
  offset: number;
}

export interface PreparedTopics {
  /** As large as a replay can be, in few messages. */
  large: Position & { topicId: string };
  /** As many messages as a replay can have: each event needs one of its own. */
  poor: Position & { topicId: string };
  /** As many events as a replay can have. */
  many: Position & { topicId: string };
  /** The topics that one PING can name, each with 650 KB, and a last event of 128 KB. */
  tails: Record<string, Position>;
  /** The topics that one PING can name, each with one small event. */
  behind: Record<string, Position>;
}

type Config = Parameters<typeof publishToTopic>[0]["config"];

const PUBLISHES_AT_ONCE = 8;
const LARGE_CHARACTERS = 130_500;

/**
 * Publishes what the abusive clients then ask for. `count` is how many topics one PING names. Nothing is compressed at rest, as
 * if the data could not be: that is what is dearest to read.
 */
export async function prepareTopics(
  given: Config,
  count: number,
  progress: (doing: string) => void,
): Promise<PreparedTopics> {
  const config = { ...given, compressEvents: false };
  async function publish(topicId: string, events: number, characters: number): Promise<Position> {
    const data = "x".repeat(characters);
    let last = { epoch: "", offset: 0 };
    await inParallel(events, PUBLISHES_AT_ONCE, async () => {
      const { epoch, offset } = await publishToTopic({ topicId, data, config });
      if (offset > last.offset) last = { epoch, offset };
    });
    return last;
  }

  async function publishOne(topicId: string, events: number, characters: number) {
    return { topicId, ...(await publish(topicId, events, characters)) };
  }

  async function publishEach(name: string, events: number, characters: number) {
    const positions: Record<string, Position> = {};
    await inParallel(count, 2, async (index) => {
      progress(`publishing to ${name}: ${index + 1} of ${count}`);
      const topicId = `${name}-${index}`;
      positions[topicId] = await publish(topicId, events, characters);
    });
    return positions;
  }

  return {
    large: await publishOne("large", 4, LARGE_CHARACTERS),
    poor: await publishOne("poor", 24, 21_500),
    many: await publishOne("many", 1_000, 420),
    behind: await publishEach("behind", 1, 10),
    tails: await publishEach("tails", 5, LARGE_CHARACTERS),
  };
}
