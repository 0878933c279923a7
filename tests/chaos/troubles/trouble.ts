import type { LocalStack, PostFault, PostSubject } from "lambda-websocket-pubsub-local";

/** A kind of fault that comes and goes. */
export interface Trouble {
  name: string;
  /** Answers what ends it. */
  begin(stage: Stage): () => void;
}

/** What faults act upon. */
export interface Stage {
  stack: LocalStack;
  /** Seeded. */
  random(): number;
  topics: readonly string[];
  /** The subscriber that a connection is, by the name it connected under. */
  whoIs(connectionId: string): string;
  /** Connections of clients, the latest of each. */
  clientConnections(): string[];
  /** Notes that something was hit. `caller` names the process whose work may be done again for it. */
  hit(name: string, caller?: string): void;
  /** Ends the process that makes a call, a worker's or a producer's; answers whether there was one. */
  kill(caller: string): boolean;
  /** Sets a worker's clock off by so much. */
  setClock(pid: number, offsetMs: number): void;
  /** Puts these bodies on the fan-out queue. */
  enqueue(bodies: readonly string[]): void;
  /** Redrives the dead letters that there are, unless that is being done already. */
  redrive(): void;
  /** Writes items, in DynamoDB's notation, into the table. */
  putItems(items: readonly Record<string, unknown>[]): void;
}

interface PostTrouble extends Pick<PostFault, "act" | "answer" | "delayMs"> {
  share: number;
  concerns?(post: PostSubject & { who: string }): boolean;
}

export const onPosts = (name: string, { share, concerns = () => true, ...fault }: PostTrouble): Trouble => ({
  name,
  begin: (stage) =>
    stage.stack.faults.post({
      ...fault,
      match(post) {
        const hits = concerns({ ...post, who: stage.whoIs(post.connectionId) }) && stage.random() < share;
        if (hits) stage.hit(name);
        return hits;
      },
    }),
});

/** Begins all of them, and ends them together. */
export const together = (name: string, troubles: readonly Trouble[]): Trouble => ({
  name,
  begin(stage) {
    const ends = troubles.map((trouble) => trouble.begin(stage));
    return () => {
      for (const end of ends) end();
    };
  },
});

/** Does something again and again. */
export const every = (name: string, everyMs: number, act: (stage: Stage) => void): Trouble => ({
  name,
  begin(stage) {
    const timer = setInterval(() => act(stage), everyMs);
    return () => clearInterval(timer);
  },
});

export function oneOf<Value>(values: readonly Value[], random: () => number): Value | undefined {
  return values[Math.floor(random() * values.length)];
}
