/**
 * Calls back once the event loop has read what the sockets hold by now, and has looked once more. Timers run before
 * the loop polls, so a timer that fires after a stall sees none of what arrived meanwhile. One more look, because a
 * poll that reads an answer does not see yet that the connection has ended after it.
 */
export function afterPoll(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}
