import { figure, percent, table } from "../../../tests/support/markdown.ts";
import type { CoalesceFigures } from "../raw-result.ts";
import type { Results } from "../results.ts";
import { section } from "../section.ts";

export const coalesceSection = (results: Results): string[] => {
  const coalesce = results.find("coalesce")?.coalesce;
  return section(results, {
    title: "Events that come close together",
    ids: ["coalesce"],
    text: [
      "One process publishes to one topic at a steady rate. Half of the subscribers use the format `event`, half use `data`. The",
      "worker fans out all events of one queue batch together: it reads the index once for all of them, and an `event`",
      "subscriber gets them in one frame. A `data` subscriber always gets one post per event.",
      "",
      "_In batches_ is the library's default. _One by one_ is the same with one queue message per invocation. Events still share",
      "posts then, but less: events that one process publishes during an append are appended together and share a queue",
      "message. The publisher here is one process, so _one by one_ also has several events per post at higher rates. With many",
      "producer processes there would be fewer.",
    ],
    figures: coalesce ? [...sharing(coalesce), ...order(coalesce)] : [],
  });
};

function sharing({ subscribers, rates }: CoalesceFigures): string[] {
  const head = [
    `publishes per second, ${figure(subscribers)} subscribers`,
    "events per post",
    "one by one",
    "$ per million deliveries",
    "one by one",
    "last frame, s",
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
    "_Last frame_ is the time from the last publish until every subscriber had every event. If it does not stay small, this",
    "machine cannot keep up with the rate.",
    "",
  ];
}

function order({ rates }: CoalesceFigures): string[] {
  const head = ["frames out of order, publishes per second", "`data`", "one by one", "`event`", "one by one"];
  const rows = rates.map(({ publishesPerSecond, coalescing, oneByOne }) => [
    figure(publishesPerSecond),
    percent(coalescing.dataOutOfOrderShare),
    percent(oneByOne.dataOutOfOrderShare),
    percent(coalescing.eventOutOfOrderShare),
    percent(oneByOne.eventOutOfOrderShare),
  ]);
  return [
    "A frame is out of order if a frame with a later event arrived before it. The reason is that two workers take batches",
    "from the queue at the same time. Each worker posts its events to a connection in the order of the log, one after the",
    "other, but it does not wait for the other worker. While one worker posts the third event, the other one can already",
    "post the eleventh. Batches are not the cause. But they are longer, so more frames of one worker can arrive after later",
    "frames of the other. `data` subscribers see that order. `event` subscribers get an offset with every event and can",
    "restore the order, as the client does. Use `event` if you need the order.",
    "",
    ...table(head, rows),
  ];
}
