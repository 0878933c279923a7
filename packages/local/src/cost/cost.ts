import { type PricedUnit, priceTable } from "./price-table.ts";
import type { Usage } from "./usage.ts";

/** In dollars. */
export interface Cost {
  /** Messages and connection minutes. */
  apiGateway: number;
  /** Without empty receives. */
  sqs: number;
  dynamodb: number;
  lambda: number;
  logs: number;
  total: number;
  /**
   * All but API Gateway, over API Gateway's messages: what moving a message through this system adds to what
   * AWS asks for delivering it. Infinite when nothing was delivered.
   */
  overheadRatio: number;
}

/**
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
