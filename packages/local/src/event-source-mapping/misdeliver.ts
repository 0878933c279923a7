import type { Message } from "@aws-sdk/client-sqs";
import type { MessageFault, MessageFaults } from "../faults/message-faults.ts";

export interface Misdelivery {
  message: Message;
  fault: MessageFault;
}

/** A received batch after the faults that hit it. */
export interface MisdeliveredBatch {
  /** What the function is given now. */
  now: Message[];
  /** Of these, what is not deleted afterwards. */
  failing: ReadonlySet<Message>;
  /** What is to happen beside it, each at its time. */
  aside: Misdelivery[];
}

export function misdeliver(messages: readonly Message[], faults: MessageFaults): MisdeliveredBatch {
  const now: Message[] = [];
  const failing = new Set<Message>();
  const aside: Misdelivery[] = [];
  for (const message of messages) {
    const fault = faults.hit({
      messageId: message.MessageId ?? "",
      body: message.Body ?? "",
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    });
    if (fault?.act !== "hold") now.push(message);
    if (fault?.act === "fail") failing.add(message);
    else if (fault) aside.push({ message, fault });
  }
  return { now, failing, aside };
}
