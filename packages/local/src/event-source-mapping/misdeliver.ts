import type { Message } from "@aws-sdk/client-sqs";
import type { MessageFault, MessageFaults } from "../faults/message-faults.ts";

export interface Misdelivery {
  message: Message;
  fault: MessageFault;
}

/** A received batch after the fault rules were applied. */
export interface MisdeliveredBatch {
  /** The messages that the function gets now. */
  now: Message[];
  /** The messages in `now` that are not deleted afterwards. */
  failing: ReadonlySet<Message>;
  /** The acts that happen outside this batch, each after its delay. */
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
