import {
  type Consumer,
  consumerKey,
  type Subscription,
  TABLE,
  topicKey,
} from "../../../pubsub/src/simulation/index.ts";

export const TOPIC = "simulated";

/** Lengths as API Gateway has them: an id of ten characters, and connection ids of sixteen. */
const ENDPOINT = {
  domainName: "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com",
  stage: "$default",
};
const ID_DIGITS = 15;

/** Returns the subscriber's consumer. Subscribers are numbers, so that millions of them take no memory. */
export const consumerAt = (index: number): Consumer => ({
  ...ENDPOINT,
  connectionId: `${index.toString(36).padStart(ID_DIGITS, "0")}=`,
});

export const indexOf = ({ connectionId }: Consumer): number =>
  Number.parseInt(connectionId.slice(0, ID_DIGITS), 36);

export const subscriptionAt = (index: number, subscribedAt: number): Subscription => ({
  consumer: consumerAt(index),
  topicId: TOPIC,
  format: "event",
  subscribedAt,
});

/** The bytes of a subscription's row by DynamoDB's rules: names and texts, and about 8 bytes for each of the two times. */
export const ROW_BYTES: number =
  TABLE.hashKey.length +
  consumerKey(consumerAt(0)).length +
  2 * topicKey(TOPIC).length +
  TABLE.rangeKey.length +
  TABLE.index.hashKey.length +
  "formatevent".length +
  "subscribedAt".length +
  TABLE.ttlAttribute.length +
  16;
