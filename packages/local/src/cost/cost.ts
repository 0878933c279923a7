import { priceOf } from "./price-table.ts";
import type { Usage } from "./usage.ts";

/** The price of a usage, in US dollars. */
export interface Cost {
  /** The price of messages and connection minutes. */
  apiGateway: number;
  /** The price of SQS requests, without empty receives. */
  sqs: number;
  dynamodb: number;
  lambda: number;
  logs: number;
  /** Without data transfer. */
  total: number;
  /**
   * The price of everything but API Gateway, divided by the price of API Gateway's messages. It says how much this
   * system adds to the price of delivering a message. It is Infinity if something was paid for but no message was
   * metered.
   */
  overheadRatio: number;
  /**
   * The price of what clients are sent, at the rate for the internet. It is not in the total, because every way to send
   * the same bytes costs the same, and AWS gives an account 100 GB a month for free.
   */
  dataTransfer: number;
}

/**
 * Returns the price of a usage by AWS's list prices, without free tiers.
 *
 * @example
 * const before = stack.usage();
 * // … publish
 * const { total, overheadRatio } = costOf(subtractUsage(stack.usage(), before));
 */
export function costOf({ apiGateway, sqs, dynamodb, lambda, logs }: Usage): Cost {
  const messages = priceOf("apiGatewayMessage", apiGateway.messages);
  const parts = {
    apiGateway: messages + priceOf("connectionMinute", apiGateway.connectionMinutes),
    sqs: priceOf("sqsRequest", sqs.requests),
    dynamodb: priceOf("dynamodbWrite", dynamodb.writeUnits) + priceOf("dynamodbRead", dynamodb.readUnits),
    lambda: priceOf("lambdaRequest", lambda.requests) + priceOf("lambdaGbSecond", lambda.gbSeconds),
    logs: priceOf("logsByte", logs.bytes),
  };
  const overhead = parts.sqs + parts.dynamodb + parts.lambda + parts.logs;
  return {
    ...parts,
    total: parts.apiGateway + overhead,
    overheadRatio: overhead === 0 ? 0 : overhead / messages,
    dataTransfer: priceOf("transferByte", apiGateway.bytesOut),
  };
}
