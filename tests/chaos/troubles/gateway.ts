import { every, oneOf, onPosts, type Trouble, together } from "./trouble.ts";

const isClient = ({ who }: { who: string }): boolean => who.startsWith("client");
const GONE = { status: 410, errorType: "GoneException" };
const LIMIT = { status: 429, errorType: "LimitExceededException" };
/** Well within the 30 s in which a 410 is not believed. */
const YOUNG_MS = 12_000;

/** A share of the subscribers, the same ones for as long as they are connected. */
const isSlow = ({ who }: { who: string }): boolean => /[37]\.\d+$/.test(who);

/** Answers other than a 200 that say what happened, and answers that do not come. */
export const gatewayTroubles: readonly Trouble[] = [
  onPosts("posts answered 500", { share: 0.1, answer: { status: 500 } }),
  onPosts("posts answered 503", { share: 0.1, answer: { status: 503 } }),
  onPosts("429 of the account", { share: 0.25, answer: LIMIT }),
  onPosts("429 of slow consumers", { share: 0.9, concerns: isSlow, answer: LIMIT }),
  onPosts("posts never answered", { share: 0.003, act: "hang" }),
  onPosts("posts reset", { share: 0.03, act: "reset" }),
  onPosts("posts reset after delivery", { share: 0.005, act: "reset-after-delivery" }),
  onPosts("answers cut", { share: 0.005, act: "cut-answer" }),
  together("slow answers", [
    onPosts("slow answers", { share: 0.1, delayMs: 150 }),
    onPosts("slow answers", { share: 0.02, delayMs: 900 }),
  ]),
  // Those of the data format could not know what a 200 has lost
  onPosts("frames lost behind a 200", { share: 0.1, concerns: isClient, act: "lose-frame" }),
  onPosts("false 410 of young connections", {
    share: 0.3,
    concerns: ({ ageMs = YOUNG_MS }) => ageMs < YOUNG_MS,
    answer: GONE,
  }),
  // Whoever has a heartbeat learns that its subscription is gone
  onPosts("false 410 of old connections", { share: 0.01, concerns: isClient, answer: GONE }),
  {
    name: "$disconnect lost",
    begin: ({ stack, random, hit }) =>
      stack.faults.disconnect({
        match() {
          const hits = random() < 0.7;
          if (hits) hit("$disconnect lost");
          return hits;
        },
      }),
  },
  every("connections cut", 250, (stage) => {
    const connectionId = oneOf(stage.clientConnections(), stage.random);
    if (connectionId === undefined) return;
    stage.hit("connections cut");
    stage.stack.faults.cut(connectionId, stage.random() < 0.5 ? 1001 : 1006);
  }),
  {
    name: "handshakes refused or slow",
    begin({ stack, random, hit }) {
      const refuse = stack.faults.connect({
        answer: { status: 503 },
        match() {
          const hits = random() < 0.3;
          if (hits) hit("handshakes refused");
          return hits;
        },
      });
      const slow = stack.faults.connect({ delayMs: 600 });
      return () => {
        refuse();
        slow();
      };
    },
  },
];

/** Lasts for the whole run: nothing that is posted to these arrives, so that it ends in the dead-letter queue. */
export const brokenConsumers: Trouble = onPosts("consumers that fail for good", {
  share: 1,
  concerns: ({ who }) => /^raw-[01]\./.test(who),
  answer: { status: 500 },
});
