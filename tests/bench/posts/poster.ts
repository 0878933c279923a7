import { answerOrders } from "../support/answer-orders.ts";
import { connectionIds } from "../support/connection-ids.ts";
import { profiled } from "../support/profiled.ts";

export interface PosterOrder {
  endpoint: string;
  posts: number;
  bodyBytes: number;
  sockets: number;
  /** Where to write a CPU profile of what is measured. */
  profileTo?: string;
}

export interface PosterFigures {
  postsPerSecond: number;
  cpuMicrosPerPost: number;
  /** Of all that were posted to, those of the warm-up too, every one once. */
  connections: number;
}

/** Makes ready to post the same body to every one of these connections once; what it answers does it. */
export type Prepare = (connectionIds: readonly string[]) => () => Promise<void>;

/** Opens the sockets and lets the code be compiled. */
const WARM_UP_POSTS = 2_000;

/** What every poster's process does: warms up, then posts and takes its own CPU time. */
export function runPoster(create: (order: PosterOrder) => Prepare): void {
  answerOrders(async (order: PosterOrder): Promise<PosterFigures> => {
    const prepare = create(order);
    const ids = connectionIds(WARM_UP_POSTS + order.posts);
    await prepare(ids.slice(0, WARM_UP_POSTS))();
    const post = prepare(ids.slice(WARM_UP_POSTS));
    return profiled(order.profileTo, async () => {
      const cpu = process.cpuUsage();
      const startedMs = performance.now();
      await post();
      const seconds = (performance.now() - startedMs) / 1_000;
      const { user, system } = process.cpuUsage(cpu);
      return {
        postsPerSecond: order.posts / seconds,
        cpuMicrosPerPost: (user + system) / order.posts,
        connections: ids.length,
      };
    });
  });
}
