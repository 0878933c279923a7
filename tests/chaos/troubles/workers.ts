import type { CallSubject, PostSubject } from "lambda-websocket-pubsub-local";
import { CLOCK_STEPS } from "../lines.ts";
import { every, onPosts, pickOne, type Trouble } from "./trouble.ts";

type Role = "fanout" | "websocket" | "producer";

const MAX_CLOCK_STEP_MS = 5_000;
/** Longer than the visibility timeout, shorter than the timeout of a function. */
const FREEZE_MS = 5_000;

/** Processes that are killed or frozen, run out of time, or have a wrong clock. */
export const workerTroubles: readonly Trouble[] = [
  killAtSteps("fan-out killed at a step", "fanout", 0.02),
  killAtSteps("websocket handler killed at a step", "websocket", 0.05),
  killAtSteps("producer killed at a step", "producer", 0.01),
  every("workers killed", 3_000, (stage) => {
    const name = stage.random() < 0.7 ? "fanout" : "websocket";
    const pid = pickOne(stage.stack.faults.workers.pids(name), stage.random);
    if (pid !== undefined && stage.kill(`${name}/${pid}`)) stage.hit("workers killed", `${name}/${pid}`);
  }),
  {
    name: "workers frozen",
    begin(stage) {
      const { workers } = stage.stack.faults;
      const frozen = new Set<number>();
      const timer = setInterval(() => {
        const pid = pickOne(workers.pids("fanout"), stage.random);
        if (pid === undefined || frozen.has(pid) || workers.freeze("fanout", { pid }) === 0) return;
        frozen.add(pid);
        stage.hit("workers frozen", `fanout/${pid}`);
        setTimeout(() => {
          frozen.delete(pid);
          workers.resume("fanout", { pid });
        }, FREEZE_MS);
      }, 2_000);
      return () => clearInterval(timer);
    },
  },
  onPosts("out of time", {
    share: 0.01,
    concerns: ({ caller }) => caller.startsWith("fanout/"),
    act: "hang",
  }),
  {
    name: CLOCK_STEPS,
    begin(stage) {
      const { workers } = stage.stack.faults;
      const stepped = new Set<number>();
      const timer = setInterval(() => {
        const name = stage.random() < 0.7 ? "fanout" : "websocket";
        const pid = pickOne(workers.pids(name), stage.random);
        if (pid === undefined) return;
        stepped.add(pid);
        stage.hit(CLOCK_STEPS, `${name}/${pid}`);
        stage.setClock(pid, Math.round((2 * stage.random() - 1) * MAX_CLOCK_STEP_MS));
      }, 1_000);
      return () => {
        clearInterval(timer);
        for (const pid of stepped) stage.setClock(pid, 0);
      };
    },
  },
];

/** Kills processes that make a call or a post: before the call, or after the call but before its response. */
function killAtSteps(name: string, role: Role, share: number): Trouble {
  return {
    name,
    begin(stage) {
      const { faults } = stage.stack;
      const dies = ({ caller, ...step }: CallSubject | PostSubject): boolean => {
        // There are many more posts than calls
        const chance = "operation" in step ? share : share / 50;
        if (!caller.startsWith(`${role}/`) || stage.random() >= chance || !stage.kill(caller)) return false;
        stage.hit("operation" in step ? `${name}: ${step.operation}` : `${name}: post`, caller);
        return true;
      };
      const before = (match: typeof dies) => (subject: CallSubject | PostSubject) =>
        stage.random() < 0.5 && match(subject);
      const ends = [
        faults.dynamodb({ act: "reset", match: before(dies) }),
        faults.dynamodb({ act: "lose-answer", match: dies }),
        faults.sqs({ act: "reset", match: before(dies) }),
        faults.sqs({ act: "lose-answer", match: dies }),
        faults.post({ act: "reset", match: before(dies) }),
        faults.post({ act: "reset-after-delivery", match: dies }),
      ];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
