/** The thread of `createThreadSource`. Its environment is that of the stack's producers. */
import { parentPort } from "node:worker_threads";
import { createLibrarySource } from "./library-source.ts";
import type { ThreadReply, ThreadRequest } from "./thread-source.ts";
import type { RedriveResult } from "./wire.ts";
import { wireError } from "./wire-error.ts";

type Method = (request: unknown, onProgress: (soFar: RedriveResult) => void) => Promise<unknown>;

const { PUBSUB_TABLE_NAME: dynamodbTableName = "", PUBSUB_QUEUE_URL: fanoutQueueUrl = "" } = process.env;
const source = createLibrarySource({ dynamodbTableName, fanoutQueueUrl });
const reply = (message: ThreadReply): void => parentPort?.postMessage(message);

parentPort?.on("message", ({ id, method, request }: ThreadRequest) => {
  (source[method] as Method)(request, (progress) => reply({ id, progress })).then(
    (result) => reply({ id, result }),
    (error: unknown) => reply({ id, error: wireError(error) }),
  );
});
