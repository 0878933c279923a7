export { createQueues, type Queues, type QueuesOptions } from "./create-queues.ts";
export { type SqsLocal, type SqsOptions, startSqs } from "./start-sqs.ts";
