/** The amounts that AWS would have metered since the stack started. */
export interface Usage {
  apiGateway: {
    /**
     * Messages in both directions: accepted POSTs, and the messages that clients send. Each started 32 KB counts as
     * one. Calls of `$connect` and `$disconnect`, and rejected POSTs, are free.
     */
    messages: number;
    /** The time that all connections have been open, exact to the millisecond. */
    connectionMinutes: number;
    /** The bytes of the messages that clients were sent, without the heads of frames, TLS and TCP. */
    bytesOut: number;
  };
  sqs: {
    /** Calls of every kind. Each started 64 KB of messages counts as one; a batch counts by the sum of its messages. */
    requests: number;
    /**
     * Receives that returned no message. AWS bills them like the others. But Lambda's pollers make them as long as the
     * mapping exists, so they belong to the cost of a day, not of a publication.
     */
    emptyReceives: number;
  };
  /** Capacity units of the table and its index. */
  dynamodb: { writeUnits: number; readUnits: number };
  /** The invocations of both functions. GB-seconds are billed time, including INIT, times the function's memory. */
  lambda: { requests: number; gbSeconds: number };
  /** The bytes that CloudWatch Logs ingests from the functions, including its overhead for each event. */
  logs: { bytes: number };
}

/** Returns the usage between two readings of a stack. */
export function subtractUsage(after: Usage, before: Usage): Usage {
  return combine(after, before, (one, other) => one - other);
}

/** Returns the sum of two usages. */
export function addUsage(one: Usage, other: Usage): Usage {
  return combine(one, other, (left, right) => left + right);
}

function combine(a: Usage, b: Usage, apply: (a: number, b: number) => number): Usage {
  return {
    apiGateway: {
      messages: apply(a.apiGateway.messages, b.apiGateway.messages),
      connectionMinutes: apply(a.apiGateway.connectionMinutes, b.apiGateway.connectionMinutes),
      bytesOut: apply(a.apiGateway.bytesOut, b.apiGateway.bytesOut),
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
