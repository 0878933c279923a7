import { figure, percent, table } from "../../../support/markdown.ts";
import type { CoalesceFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";

export const coalesceSection = (results: Results): string[] => {
  const coalesce = results.of("coalesce")?.coalesce;
  return section(results, {
    title: "Events that come close together",
    ids: ["coalesce"],
    text: [
      "One process publishes to one topic at a steady rate; half of the subscribers ask for the format `event`, half for",
      "`data`. Events that one batch of the queue brings go out together: the index is paged once for all of them, and a",
      "subscriber of `event` gets them in one frame. A subscriber of `data` gets a post for each, always.",
      "",
      "_In batches_ is as the library has it, _one by one_ is the same with one queue message an invocation. That is less",
      "sharing, not none: what one process publishes while an append is under way is appended together, and shares a queue",
      "message. The publisher here is one process, so that at higher rates _one by one_ has several events a post too. From",
      "many producer processes there would be fewer.",
    ],
    figures: coalesce ? [...sharing(coalesce), ...order(coalesce)] : [],
  });
};

function sharing({ subscribers, rates }: CoalesceFigures): string[] {
  const head = [
    `publishes a second, ${figure(subscribers)} subscribers`,
    "events a post",
    "one by one",
    "$ a million deliveries",
    "one by one",
    "last frame after, s",
    "one by one",
    "lost",
  ];
  const rows = rates.map(({ publishesPerSecond, coalescing, oneByOne }) => [
    figure(publishesPerSecond),
    figure(coalescing.eventsPerPost, 2),
    figure(oneByOne.eventsPerPost, 2),
    figure(coalescing.dollarsPerMillionEvents, 2),
    figure(oneByOne.dollarsPerMillionEvents, 2),
    figure(coalescing.secondsAfterLastPublish, 1),
    figure(oneByOne.secondsAfterLastPublish, 1),
    figure(coalescing.lost),
  ]);
  return [
    ...table(head, rows),
    "_Last frame after_ is how long after the last publish everybody had everything: what does not stay small is a rate",
    "that this machine does not keep up with.",
    "",
  ];
}

function order({ rates }: CoalesceFigures): string[] {
  const head = ["frames out of order, publishes a second", "`data`", "one by one", "`event`", "one by one"];
  const rows = rates.map(({ publishesPerSecond, coalescing, oneByOne }) => [
    figure(publishesPerSecond),
    percent(coalescing.dataOutOfOrderShare),
    percent(oneByOne.dataOutOfOrderShare),
    percent(coalescing.eventOutOfOrderShare),
    percent(oneByOne.eventOutOfOrderShare),
  ]);
  return [
    "A frame is out of order when one with a later event had come before it. Two workers take batches from the queue at",
    "the same time. Each posts its events in the order of the log, to one connection one after the other, but neither waits",
    "for the other's: while one is at the third of its events, the next one may have begun with the eleventh. Batches do not",
    "cause that, though they are longer, so that more frames of one can fall behind the other's. Subscribers of `data` see",
    "it; those of `event` have an offset with every event and put them in order, as the client does. Who needs the order",
    "uses `event`.",
    "",
    ...table(head, rows),
  ];
}
