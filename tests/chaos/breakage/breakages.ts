/** One deliberate mistake in the library's source. */
export interface Breakage {
  name: string;
  /** The description in the report. */
  what: string;
  /** Path of the file in packages/pubsub/src. */
  file: string;
  /** The edits of the file. It must contain the text of each edit exactly once. */
  edits: readonly { find: string; replace: string }[];
}

/** Mistakes that the harness must find. */
export const breakages: readonly Breakage[] = [
  {
    name: "retry-list-dropped",
    what: "Consumers whose post failed are not queued for a retry",
    file: "core/fanout/hand-on.ts",
    edits: [{ find: "consumers: again }", replace: "consumers: [] }" }],
  },
  {
    name: "unsent-parts-forgotten",
    what: "A step is recorded although SQS did not take its parts",
    file: "core/fanout/send-parts.ts",
    edits: [
      {
        find: "await context.queue.send(parts.map((part) => partMessage(run, part, ageMs)));",
        replace:
          "await context.queue.send(parts.map((part) => partMessage(run, part, ageMs))).catch(() => {});",
      },
    ],
  },
  {
    name: "ledger-check-removed",
    what: "A unit is posted even if the ledger rejects the claim",
    file: "core/fanout/claims.ts",
    edits: [
      {
        find: "switch (claim?.outcome) {",
        replace: 'switch ("claimed" as "claimed" | "taken-over" | "leased" | "done" | undefined) {',
      },
    ],
  },
  {
    name: "gone-without-clean-up",
    what: "A 410 counts as success, and the subscription is not removed",
    file: "core/fanout/work-unit.ts",
    edits: [
      {
        find: "else await context.subscriptions.remove(rows);",
        replace: "",
      },
    ],
  },
  {
    name: "offset-without-condition",
    what: "An offset is written without the condition that it is free",
    file: "aws/dynamodb/log-puts.ts",
    edits: [
      {
        find: `      expiresAt: number(event.expiresAtSeconds),
    },
    ConditionExpression: NOTHING_THERE,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",`,
        replace: "      expiresAt: number(event.expiresAtSeconds),\n    },",
      },
    ],
  },
  {
    name: "leave-without-tick",
    what: "A membership is removed, and no tick tells the others",
    file: "core/presence/leave.ts",
    edits: [{ find: "for (const topicId of topics) {", replace: "for (const topicId of [] as string[]) {" }],
  },
];

export const breakageNamed = (name: string): Breakage | undefined =>
  breakages.find((breakage) => breakage.name === name);

/** Returns the source with the mistake. Throws if the edits no longer match the source. */
export function applyBreakage(source: string, { name, file, edits }: Breakage): string {
  let text = source;
  for (const { find, replace } of edits) {
    const parts = text.split(find);
    if (parts.length !== 2) {
      throw new Error(
        `Breakage ${name} must match ${file} once; got ${parts.length - 1} matches of ${JSON.stringify(find)}`,
      );
    }
    text = parts.join(replace);
  }
  return text;
}
