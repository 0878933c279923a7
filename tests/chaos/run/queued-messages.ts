import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { Lookers } from "./clients.ts";

interface Queued {
  visible: number;
  inFlight: number;
  delayed: number;
  all: number;
}

/** What a queue holds; fauxqs counts exactly. */
export async function queuedMessages({ sqs }: Lookers, QueueUrl: string): Promise<Queued> {
  const get = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  const { Attributes = {} } = await sqs.send(get);
  const visible = Number(Attributes.ApproximateNumberOfMessages);
  const inFlight = Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  const delayed = Number(Attributes.ApproximateNumberOfMessagesDelayed);
  return { visible, inFlight, delayed, all: visible + inFlight + delayed };
}
