import type { LocalStack, PostFault, PostSubject } from "lambda-websocket-pubsub-local";

/** A kind of fault that begins and ends during a run. */
export interface Trouble {
  name: string;
  /** Begins the fault. The returned function ends it. */
  begin(stage: Stage): () => void;
}

/** Everything that faults act on. */
export interface Stage {
  stack: LocalStack;
  /** Returns a seeded random number. */
  random(): number;
  topics: readonly string[];
  /** Returns the name under which a connection's subscriber connected. */
  whoIs(connectionId: string): string;
  /** Returns the latest connection of each client. */
  clientConnections(): string[];
  /** Records that a fault hit something. `caller` names the process whose work can be repeated because of it. */
  hit(name: string, caller?: string): void;
  /** Kills a worker or a producer. Returns false if there is no such process. */
  kill(caller: string): boolean;
  /** Shifts a worker's clock by an offset. */
  setClock(pid: number, offsetMs: number): void;
  /** Sends messages with these bodies to the fan-out queue. */
  enqueue(bodies: readonly string[]): void;
  /** Redrives all dead letters, unless a redrive is already running. */
  redrive(): void;
  /** Writes items in DynamoDB's JSON notation to the table. */
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

/** Begins several faults at the same time and ends them together. */
export const together = (name: string, troubles: readonly Trouble[]): Trouble => ({
  name,
  begin(stage) {
    const ends = troubles.map((trouble) => trouble.begin(stage));
    return () => {
      for (const end of ends) end();
    };
  },
});

/** Repeats an action at an interval. */
export const every = (name: string, everyMs: number, act: (stage: Stage) => void): Trouble => ({
  name,
  begin(stage) {
    const timer = setInterval(() => act(stage), everyMs);
    return () => clearInterval(timer);
  },
});

export function pickOne<Value>(values: readonly Value[], random: () => number): Value | undefined {
  return values[Math.floor(random() * values.length)];
}
