import { every, onPosts, pickOne, type Trouble, together } from "./trouble.ts";

const isClient = ({ who }: { who: string }): boolean => who.startsWith("client");
const GONE = { status: 410, errorType: "GoneException" };
const LIMIT = { status: 429, errorType: "LimitExceededException" };
/** Well below the 30 s in which the worker ignores a 410. */
const YOUNG_MS = 12_000;

/** Selects a share of the subscribers. A subscriber stays selected as long as it is connected. */
const isSlow = ({ who }: { who: string }): boolean => /[37]\.\d+$/.test(who);

/** Error responses, wrong responses, missing responses, cut connections and failed handshakes. */
export const gatewayTroubles: readonly Trouble[] = [
  onPosts("posts return 500", { share: 0.1, answer: { status: 500 } }),
  onPosts("posts return 503", { share: 0.1, answer: { status: 503 } }),
  onPosts("429 of the account", { share: 0.25, answer: LIMIT }),
  onPosts("429 of slow consumers", { share: 0.9, concerns: isSlow, answer: LIMIT }),
  onPosts("posts never return", { share: 0.003, act: "hang" }),
  onPosts("posts reset", { share: 0.03, act: "reset" }),
  onPosts("posts reset after delivery", { share: 0.005, act: "reset-after-delivery" }),
  onPosts("responses cut", { share: 0.005, act: "cut-answer" }),
  together("slow responses", [
    onPosts("slow responses", { share: 0.1, delayMs: 150 }),
    onPosts("slow responses", { share: 0.02, delayMs: 900 }),
  ]),
  // Only clients: subscribers of the data format could not detect such a loss
  onPosts("frames lost after a 200", { share: 0.1, concerns: isClient, act: "lose-frame" }),
  onPosts("false 410 of young connections", {
    share: 0.3,
    concerns: ({ ageMs = YOUNG_MS }) => ageMs < YOUNG_MS,
    answer: GONE,
  }),
  // Only clients: their heartbeat shows them that the subscription is gone
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
    const connectionId = pickOne(stage.clientConnections(), stage.random);
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

/** Lasts for the whole run. All posts to these consumers fail, so their deliveries become dead letters. */
export const brokenConsumers: Trouble = onPosts("consumers that always fail", {
  share: 1,
  concerns: ({ who }) => /^raw-[01]\./.test(who),
  answer: { status: 500 },
});
