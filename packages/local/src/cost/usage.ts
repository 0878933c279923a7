/** What AWS would meter, counted since the stack started: plain numbers, to be subtracted and priced. */
export interface Usage {
  apiGateway: {
    /** Both ways, each started 32 KB one: accepted POSTs, and what clients send. Routes and refusals are free. */
    messages: number;
    /** Of open and of closed connections, to the millisecond. */
    connectionMinutes: number;
  };
  sqs: {
    /** Calls of every kind, each started 64 KB of messages one; a batch counts by the sum of its messages. */
    requests: number;
    /**
     * Receives that brought nothing. AWS bills them like the others, but Lambda's pollers make them as long as
     * the mapping exists, published or not: they are the price of a day, not of a publication.
     */
    emptyReceives: number;
  };
  /** Capacity units, those of the index included. */
  dynamodb: { writeUnits: number; readUnits: number };
  /** Of both functions; billed milliseconds, INIT included, times each one's memory. */
  lambda: { requests: number; gbSeconds: number };
  /** What CloudWatch Logs takes in from the functions, overhead included. */
  logs: { bytes: number };
}

/** The usage between two readings of a stack. */
export function subtractUsage(after: Usage, before: Usage): Usage {
  return combine(after, before, (one, other) => one - other);
}

export function addUsage(one: Usage, other: Usage): Usage {
  return combine(one, other, (left, right) => left + right);
}

function combine(a: Usage, b: Usage, apply: (a: number, b: number) => number): Usage {
  return {
    apiGateway: {
      messages: apply(a.apiGateway.messages, b.apiGateway.messages),
      connectionMinutes: apply(a.apiGateway.connectionMinutes, b.apiGateway.connectionMinutes),
    },
    sqs: {
      requests: apply(a.sqs.requests, b.sqs.requests),
      emptyReceives: apply(a.sqs.emptyReceives, b.sqs.emptyReceives),
    },
    dynamodb: {
      writeUnits: apply(a.dynamodb.writeUnits, b.dynamodb.writeUnits),
      readUnits: apply(a.dynamodb.readUnits, b.dynamodb.readUnits),
    },
    lambda: {
      requests: apply(a.lambda.requests, b.lambda.requests),
      gbSeconds: apply(a.lambda.gbSeconds, b.lambda.gbSeconds),
    },
    logs: { bytes: apply(a.logs.bytes, b.logs.bytes) },
  };
}
