import type { LogSettings } from "../log/log-settings.ts";
import type { Ports, QueuedMessage } from "../ports.ts";
import { membersTopic } from "../reserved-topics.ts";
import { appendMembers, queueMembers } from "./append-members.ts";
import { membersText, readMembers } from "./members.ts";
import { encodeMembersMessage, FAILURES_MAX, type MembersMessage, ROUNDS_MAX } from "./message.ts";
import { SECOND_LOOK_SECONDS } from "./ticks.ts";

export type TickPorts = Pick<Ports, "subscriptions" | "log" | "ledger" | "queue" | "clock" | "observe">;

/** Other ticks of the topic wrote between the look and the write. Each of them was as current as this one. */
const TRIES = 5;

/** Our own limit: for this long after an event, a second look makes sure that its fan-out was queued. */
const UNQUEUED_MS_MAX = 60_000;

/**
 * Tells the members of a topic who they are, if that is not what the newest event says. Every event is the whole list, so
 * that the newest one is the truth, a lost one does no harm, and a tick too many finds nothing to say. A later look that
 * had something to say is followed by another one: the index lagged for longer than usual, or ticks overtook each other.
 */
export async function tick(ports: TickPorts, message: MembersMessage, settings: LogSettings): Promise<void> {
  const { topicId, round } = message;
  for (let tries = 0; tries < TRIES; tries++) {
    const outcome = await look(ports, message, settings);
    if (outcome === "overtaken") continue;
    if (outcome === "published" && round > 1 && round < ROUNDS_MAX) {
      await ports.queue.send([messageOf({ topicId, round: round + 1, failures: 0 }, SECOND_LOOK_SECONDS)]);
    }
    return;
  }
}

async function look(
  ports: TickPorts,
  { topicId, round, failures }: MembersMessage,
  settings: LogSettings,
): Promise<"same" | "published" | "overtaken"> {
  const { log, ledger, clock } = ports;
  const members = membersTopic(topicId);
  // The event first: members who are read before it could be older than it
  const { epoch, events } = await log.newest({ topicId: members, limit: 1 });
  const [newest] = events;
  const found = await readMembers(ports, { topicId });
  const json = membersText(found);
  const isFirst = epoch === undefined || !newest;
  // Without members and without an earlier event there is nothing to tell
  if (isFirst && found.length === 0) return "same";
  if (isFirst || newest.json !== json) {
    const after = isFirst ? undefined : { epoch, offset: newest.offset };
    return (await appendMembers(ports, { topicId, json, after }, settings)) ? "published" : "overtaken";
  }
  const mayBeUnqueued = round > 1 || failures > 0;
  if (!mayBeUnqueued || clock.now() - newest.publishedAt > UNQUEUED_MS_MAX) return "same";
  // Its worker may have died after the append
  const { offset } = newest;
  const done = await ledger.doneInRuns({ topicId: members, epoch, offsets: [offset] });
  if (done.length === 0) await queueMembers(ports, { topicId, epoch, event: newest, again: true });
  return "same";
}

const FAILURE_DELAY_SECONDS = 2;

/**
 * Does the ticks of a batch of messages of one topic: one look serves all of them. A tick that fails is sent again by this
 * worker, because SQS would deliver it minutes later. One that fails again and again is given up and reported: the next
 * change makes a new one, and there is nothing in it that an operator could send again. Throws only if it could not be sent.
 */
export async function tickOnce(
  ports: TickPorts,
  messages: readonly [MembersMessage, ...MembersMessage[]],
  settings: LogSettings,
): Promise<void> {
  const [{ topicId }] = messages;
  const round = Math.max(...messages.map((message) => message.round));
  const failures = Math.max(...messages.map((message) => message.failures));
  try {
    await tick(ports, { topicId, round, failures }, settings);
  } catch (error) {
    ports.observe({ event: "background-failure", stage: "members-tick", error });
    if (failures >= FAILURES_MAX) return;
    const delaySeconds = FAILURE_DELAY_SECONDS * 2 ** failures;
    await ports.queue.send([messageOf({ topicId, round, failures: failures + 1 }, delaySeconds)]);
  }
}

const messageOf = (message: MembersMessage, delaySeconds: number): QueuedMessage => ({
  body: encodeMembersMessage(message),
  delaySeconds,
});
