import { publishToTopic } from "lambda-websocket-pubsub";

const { PUBSUB_TABLE_NAME: dynamodbTableName, PUBSUB_QUEUE_URL: fanoutQueueUrl } = process.env;
const config = { dynamodbTableName, fanoutQueueUrl };
console.log(await publishToTopic({ topicId: "room-1", data: { text: "hello" }, config }));
