import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Lookers } from "./clients.ts";

interface Queued {
  visible: number;
  inFlight: number;
  delayed: number;
}

/** What a queue holds; fauxqs counts exactly. */
export async function queuedMessages({ sqs }: Lookers, QueueUrl: string): Promise<Queued> {
  const get = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  const { Attributes = {} } = await sqs.send(get);
  return {
    visible: Number(Attributes.ApproximateNumberOfMessages),
    inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible),
    delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed),
  };
}
