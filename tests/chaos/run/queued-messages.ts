import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import type { AwsClients } from "./clients.ts";

interface Queued {
  visible: number;
  inFlight: number;
  delayed: number;
  all: number;
}

/** Counts the messages of a queue. The counts of fauxqs are exact. */
export async function countQueuedMessages({ sqs }: AwsClients, QueueUrl: string): Promise<Queued> {
  const get = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] });
  const { Attributes = {} } = await sqs.send(get);
  const visible = Number(Attributes.ApproximateNumberOfMessages);
  const inFlight = Number(Attributes.ApproximateNumberOfMessagesNotVisible);
  const delayed = Number(Attributes.ApproximateNumberOfMessagesDelayed);
  return { visible, inFlight, delayed, all: visible + inFlight + delayed };
}
