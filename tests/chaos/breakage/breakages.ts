/** One deliberate mistake in the library's source. */
export interface Breakage {
  name: string;
  /** For a reader of the report. */
  what: string;
  /** Below packages/pubsub/src. */
  file: string;
  /** Each stands in the file exactly once. */
  edits: readonly { find: string; replace: string }[];
}

/** Mistakes that a harness worth its name finds. */
export const breakages: readonly Breakage[] = [
  {
    name: "retry-list-dropped",
    what: "Consumers whose post failed are not queued for another try",
    file: "fanout/hand-on.ts",
    edits: [{ find: "consumers: outOfAttempts ? [] : failed }", replace: "consumers: [] }" }],
  },
  {
    name: "next-page-after-posting",
    what: "The next page is queued after this one is posted, not before",
    file: "fanout/page.ts",
    edits: [
      {
        find: "const events = await eventsOfRun(context, message, offsets);",
        replace: "const events = await eventsOfRun(context, message, offsets); let sendNext;",
      },
      {
        find: "await context.queue.send([{ body, delaySeconds: 0 }]);",
        replace: "sendNext = () => context.queue.send([{ body, delaySeconds: 0 }]);",
      },
      { find: "    lastPage,\n  });\n}", replace: "    lastPage,\n  });\n  await sendNext?.();\n}" },
    ],
  },
  {
    name: "ledger-check-removed",
    what: "A page is posted whatever the ledger says of it",
    file: "fanout/claims.ts",
    edits: [
      {
        find: 'if (claim?.outcome === "claimed") claims.fresh.push(offset);',
        replace: "if (claim) claims.fresh.push(offset);",
      },
    ],
  },
  {
    name: "gone-without-clean-up",
    what: "A 410 is a success, and the subscription stays",
    file: "fanout/work-unit.ts",
    edits: [
      {
        find: "await context.subscriptions.remove(gone.map((consumer) => ({ consumer, topicId })));",
        replace: "",
      },
    ],
  },
  {
    name: "offset-without-condition",
    what: "An offset is taken without the condition that it is free",
    file: "aws/dynamodb-log-writes.ts",
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
];

export const breakageNamed = (name: string): Breakage | undefined =>
  breakages.find((breakage) => breakage.name === name);

/** The source with the mistake in it. Throws when it does not fit the source any more. */
export function broken(source: string, { name, file, edits }: Breakage): string {
  let text = source;
  for (const { find, replace } of edits) {
    const parts = text.split(find);
    if (parts.length !== 2) {
      throw new Error(`Breakage ${name} fits ${file} ${parts.length - 1} times: ${JSON.stringify(find)}`);
    }
    text = parts.join(replace);
  }
  return text;
}
