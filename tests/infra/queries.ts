import { expect, it } from "vitest";
import type { Suite } from "./suite.ts";

export const testQueries: Suite = (stage, expected) => {
  const prefix = `lambda-websocket-pubsub/${expected.stage}`;

  it("saves the runbook's queries, over the logs of both functions", () => {
    const queries = stage()
      .all("query")
      .map(({ inputs }) => inputs);
    expect(Object.fromEntries(queries.map(({ name, queryString }) => [name, queryString]))).toEqual({
      [`${prefix}/one publication's life`]: expect.stringContaining('publicationId = "PUBLICATION-ID"'),
      [`${prefix}/slowest pages`]: expect.stringContaining(
        'message = "unit-completed"\n| sort durationMs desc',
      ),
      [`${prefix}/who is gone`]: expect.stringContaining('message = "subscription-removed"'),
      [`${prefix}/abandoned deliveries`]: expect.stringContaining('message = "delivery-abandoned"'),
    });
    for (const { logGroupNames } of queries) {
      expect(logGroupNames).toEqual([`/${prefix}/websocket`, `/${prefix}/fanout`]);
    }
  });
};
