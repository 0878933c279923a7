const apiGatewayPricing = "https://aws.amazon.com/api-gateway/pricing/";
const sqsPricing = "https://aws.amazon.com/sqs/pricing/";
const dynamodbPricing = "https://aws.amazon.com/dynamodb/pricing/on-demand/";
const lambdaPricing = "https://aws.amazon.com/lambda/pricing/";
const appSyncPricing = "https://aws.amazon.com/appsync/pricing/";
const dataTransferPricing = "https://aws.amazon.com/ec2/pricing/on-demand/";
const cloudwatchPricing = "https://aws.amazon.com/cloudwatch/pricing/";

const MILLION = 1_000_000;
const GIB = 2 ** 30;

/** The list prices of each service's first tier, without free tiers, savings plans and discounts. */
export const priceTable: PriceTable = {
  asOf: "2026-11",
  region: "us-east-1",
  currency: "USD",
  prices: {
    apiGatewayMessage: { dollars: 1.0, per: MILLION, unit: "message of 32 KB", source: apiGatewayPricing },
    connectionMinute: { dollars: 0.25, per: MILLION, unit: "connection minute", source: apiGatewayPricing },
    sqsRequest: { dollars: 0.4, per: MILLION, unit: "request of 64 KB, standard queue", source: sqsPricing },
    dynamodbWrite: { dollars: 0.625, per: MILLION, unit: "write request unit", source: dynamodbPricing },
    dynamodbRead: { dollars: 0.125, per: MILLION, unit: "read request unit", source: dynamodbPricing },
    lambdaRequest: { dollars: 0.2, per: MILLION, unit: "request", source: lambdaPricing },
    lambdaGbSecond: { dollars: 0.0000133334, per: 1, unit: "GB-second, arm64", source: lambdaPricing },
    transferByte: { dollars: 0.09, per: GIB, unit: "byte out to the internet", source: dataTransferPricing },
    appSyncOperation: {
      dollars: 1.0,
      per: MILLION,
      unit: "Event API operation of 5 KB",
      source: appSyncPricing,
    },
    appSyncConnectionMinute: {
      dollars: 0.08,
      per: MILLION,
      unit: "connection minute",
      source: appSyncPricing,
    },
    logsByte: { dollars: 0.5, per: GIB, unit: "byte ingested, standard class", source: cloudwatchPricing },
  },
};

export interface PriceTable {
  /** The year and month in which the prices were looked up. */
  asOf: string;
  region: string;
  currency: "USD";
  prices: Readonly<Record<PricedUnit, Price>>;
}

export interface Price {
  dollars: number;
  /** The number of units that `dollars` buys. */
  per: number;
  unit: string;
  /** The URL of the page that states the price. */
  source: string;
}

export type PricedUnit =
  | "apiGatewayMessage"
  | "connectionMinute"
  | "sqsRequest"
  | "dynamodbWrite"
  | "dynamodbRead"
  | "lambdaRequest"
  | "lambdaGbSecond"
  | "logsByte"
  | "transferByte"
  | "appSyncOperation"
  | "appSyncConnectionMinute";

/** Returns the price of an amount, in US dollars. */
export function priceOf(unit: PricedUnit, amount: number): number {
  const { dollars, per } = priceTable.prices[unit];
  return (amount / per) * dollars;
}
