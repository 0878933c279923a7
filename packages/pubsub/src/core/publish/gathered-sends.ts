import type { Clock, FanoutQueue, QueuedMessage } from "../ports.ts";

/** SQS: the most messages in one request. */
const MESSAGES_PER_REQUEST = 10;

/** Our own limit: how long the message of one topic waits for those of others, which are perhaps throttled. */
const WAIT_MS = 50;

interface Sender {
  waiting: number;
  finished: boolean;
}

interface Waiting {
  sender: Sender;
  messages: readonly QueuedMessage[];
  resolve(): void;
  reject(error: unknown): void;
}

export interface SenderQueue {
  queue: FanoutQueue;
  /** Must be called when nothing more is sent. */
  finished(): void;
}

/**
 * Gathers what several senders send, so that one request has the messages of up to ten of them. A request is made when ten
 * messages wait, when every sender waits or has finished, and when a message has waited for a while. If a request fails,
 * every sender of a message in it gets the error, because it does not say which of its messages are in the queue.
 */
export function gatherSends(
  queue: FanoutQueue,
  clock: Pick<Clock, "after">,
  count: number,
): () => SenderQueue {
  const senders: Sender[] = [];
  let waiting: Waiting[] = [];
  let cancel: (() => void) | undefined;

  function flush(): void {
    cancel?.();
    cancel = undefined;
    const sends = waiting;
    waiting = [];
    for (const { sender } of sends) sender.waiting -= 1;
    const request = queue.send(sends.flatMap(({ messages }) => messages));
    for (const { resolve, reject } of sends) request.then(resolve, reject);
  }

  function flushIfDue(): void {
    const messages = waiting.reduce((sum, send) => sum + send.messages.length, 0);
    if (messages === 0) return;
    const isComplete = senders.length === count && senders.every((each) => each.finished || each.waiting > 0);
    if (isComplete || messages >= MESSAGES_PER_REQUEST) flush();
  }

  return () => {
    const sender: Sender = { waiting: 0, finished: false };
    senders.push(sender);
    return {
      queue: {
        durable: queue.durable,
        deadLetter: queue.deadLetter,
        send(messages) {
          if (messages.length === 0) return Promise.resolve();
          return new Promise((resolve, reject) => {
            waiting.push({ sender, messages, resolve, reject });
            sender.waiting += 1;
            cancel ??= clock.after(WAIT_MS, flush);
            flushIfDue();
          });
        },
      },
      finished() {
        sender.finished = true;
        flushIfDue();
      },
    };
  };
}
