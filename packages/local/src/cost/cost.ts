import { type PricedUnit, priceTable } from "./price-table.ts";
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
  total: number;
  /**
   * The price of everything but API Gateway, divided by the price of API Gateway's messages. It says how much this
   * system adds to the price of delivering a message. It is Infinity if something was paid for but no message was
   * metered.
   */
  overheadRatio: number;
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
  const messages = dollars("apiGatewayMessage", apiGateway.messages);
  const parts = {
    apiGateway: messages + dollars("connectionMinute", apiGateway.connectionMinutes),
    sqs: dollars("sqsRequest", sqs.requests),
    dynamodb: dollars("dynamodbWrite", dynamodb.writeUnits) + dollars("dynamodbRead", dynamodb.readUnits),
    lambda: dollars("lambdaRequest", lambda.requests) + dollars("lambdaGbSecond", lambda.gbSeconds),
    logs: dollars("logsByte", logs.bytes),
  };
  const overhead = parts.sqs + parts.dynamodb + parts.lambda + parts.logs;
  return {
    ...parts,
    total: parts.apiGateway + overhead,
    overheadRatio: overhead === 0 ? 0 : overhead / messages,
  };
}

function dollars(unit: PricedUnit, amount: number): number {
  const price = priceTable.prices[unit];
  return (amount / price.per) * price.dollars;
}
