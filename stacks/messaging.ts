import type { Settings } from "./settings.ts";

export interface Messaging {
  fanoutQueue: sst.aws.Queue;
  deadLetterQueue: sst.aws.Queue;
}

const DAY_SECONDS = 86_400;
/** The longest time that SQS keeps a message. */
const DEAD_LETTER_RETENTION_SECONDS = 14 * DAY_SECONDS;
/**
 * Lambda recommends this multiple of its timeout, so that it can retry a throttled batch within the visibility timeout.
 */
const VISIBILITY_TIMEOUTS = 6;
/** The minimum that Lambda recommends. Each receive takes one visibility timeout. */
const RECEIVES_MAX = 5;

const COMMON = {
  sqsManagedSseEnabled: true,
  // The maximum of SQS. Pulumi's default is a quarter of it, too little for a redelivery with many long domain names
  maxMessageSize: 1_048_576,
};

/** Creates the queue between publish and fan-out, and the queue for its dead letters. */
export function Messaging({ fanout }: Settings): Messaging {
  const deadLetterQueue = new sst.aws.Queue("DeadLetterQueue", {
    transform: { queue: { ...COMMON, messageRetentionSeconds: DEAD_LETTER_RETENTION_SECONDS } },
  });
  const fanoutQueue = new sst.aws.Queue("FanoutQueue", {
    visibilityTimeout: `${VISIBILITY_TIMEOUTS * fanout.timeoutSeconds} seconds`,
    dlq: { queue: deadLetterQueue.arn, retry: RECEIVES_MAX },
    transform: { queue: COMMON },
  });
  // A separate resource, because the two queues refer to each other
  new aws.sqs.RedriveAllowPolicy("DeadLetterQueueSources", {
    queueUrl: deadLetterQueue.url,
    redriveAllowPolicy: $jsonStringify({
      redrivePermission: "byQueue",
      sourceQueueArns: [fanoutQueue.arn],
    }),
  });
  onlyOverTls("FanoutQueuePolicy", fanoutQueue);
  onlyOverTls("DeadLetterQueuePolicy", deadLetterQueue);
  return { fanoutQueue, deadLetterQueue };
}

/** Refuses every request without TLS. The policy allows nothing. */
const onlyOverTls = (name: string, { url, arn }: sst.aws.Queue): aws.sqs.QueuePolicy =>
  new aws.sqs.QueuePolicy(name, {
    queueUrl: url,
    policy: $jsonStringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "sqs:*",
          Resource: arn,
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    }),
  });
