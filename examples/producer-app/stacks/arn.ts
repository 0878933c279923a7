export interface Arn {
  arn: string;
  region: string;
  account: string;
  resource: string;
}

/** Splits an ARN into its parts. An error names the variable `name`. */
export function parseArn(name: string, wanted: "dynamodb" | "sqs", arn = ""): Arn {
  const [, , service, region, account, resource] = arn.split(":");
  if (service !== wanted || !region || !account || !resource) {
    throw new Error(`${name} must be the ARN that the pubsub app printed; got ${JSON.stringify(arn)}`);
  }
  return { arn, region, account, resource };
}
