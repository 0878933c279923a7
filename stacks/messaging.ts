import type { Settings } from "./settings.ts";

export interface Messaging {
  fanoutQueue: sst.aws.Queue;
  deadLetterQueue: sst.aws.Queue;
}

const DAY_SECONDS = 86_400;
/** SQS keeps no message longer. */
const DEAD_LETTER_RETENTION_SECONDS = 14 * DAY_SECONDS;
/** What Lambda asks for, so that a batch met by throttling is tried again within it. */
const VISIBILITY_TIMEOUTS = 6;
/** The least that Lambda advises; each one takes a visibility timeout. */
const RECEIVES_MAX = 5;

const COMMON = {
  sqsManagedSseEnabled: true,
  // What SQS takes. Pulumi sets a quarter of it unless told, too little for a redelivery of many long domain names
  maxMessageSize: 1_048_576,
};

/** The queue between publish and fan-out, and where messages end that it cannot get rid of. */
export function Messaging({ fanout }: Settings): Messaging {
  const deadLetterQueue = new sst.aws.Queue("DeadLetterQueue", {
    transform: { queue: { ...COMMON, messageRetentionSeconds: DEAD_LETTER_RETENTION_SECONDS } },
  });
  const fanoutQueue = new sst.aws.Queue("FanoutQueue", {
    visibilityTimeout: `${VISIBILITY_TIMEOUTS * fanout.timeoutSeconds} seconds`,
    dlq: { queue: deadLetterQueue.arn, retry: RECEIVES_MAX },
    transform: { queue: COMMON },
  });
  // A resource of its own, since the two queues name each other
  new aws.sqs.RedriveAllowPolicy("DeadLetterQueueSources", {
    queueUrl: deadLetterQueue.url,
    redriveAllowPolicy: $jsonStringify({
      redrivePermission: "byQueue",
      sourceQueueArns: [fanoutQueue.arn],
    }),
  });
  return { fanoutQueue, deadLetterQueue };
}
