import { publishToTopic } from "lambda-websocket-pubsub";

/** Runs as a producer's Lambda function as far as the library can see: publishes once and prints the result. */
const { PUBSUB_TABLE_NAME: dynamodbTableName = "", PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
const [topicId = ""] = process.argv.slice(2);
const config = { dynamodbTableName, fanoutQueueUrl };
const published = await publishToTopic({ topicId, data: { text: "hello" }, config });
console.log(JSON.stringify({ published }));
