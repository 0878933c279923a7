/** The members in the topic view, of a local stack whose connections have users. */
import { expect, it } from "vitest";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connect } from "../support/sockets.ts";
import { chromiumForTests } from "./chromium/chromium-for-tests.ts";
import { type Complaints, openPage, shoot, violations } from "./inspector/pages.ts";

const local = stackForFile(() => ({
  inspector: true,
  functions: { websocket: functionPath("websocket-users") },
}));
const chromium = chromiumForTests();
const TOPIC = "room-1";

async function member(userId: string, presence: object): Promise<void> {
  const socket = await connect({ websocketUrl: `${local.stack.websocketUrl}?user=${userId}` });
  const subscribe = { action: "SUBSCRIBE", topicId: TOPIC, format: "event", presence };
  expect(await socket.request(subscribe)).toMatchObject({ type: "SUBSCRIBED" });
}

it("shows each user once, what others see of the user, and who came since when it is refreshed", async () => {
  const complaints: Complaints = { errors: [], foreign: [] };
  await member("ada", { info: { name: "Ada" } });
  await member("ada", { info: { name: "Ada" } });
  const page = await openPage(chromium.get(), `${local.stack.inspectorUrl}/#/topic/${TOPIC}`, complaints);
  const members = page.getByRole("list", { name: "Members" }).getByRole("listitem");
  const refreshed = async (count: number): Promise<string[]> => {
    // The index may be a second behind
    await expect
      .poll(async () => {
        await page.getByRole("button", { name: "Refresh the members" }).click();
        return members.count();
      })
      .toBe(count);
    return members.allTextContents();
  };
  expect(await refreshed(1)).toEqual([expect.stringMatching(/^ada \{"name":"Ada"\} since \d\d:\d\d:\d\d/)]);
  await member("bob", {});
  expect(await refreshed(2)).toEqual([
    expect.stringContaining("ada"),
    expect.stringMatching(/^bob since \d\d:\d\d:\d\d/),
  ]);
  expect(await page.getByRole("heading", { name: "Members" }).textContent()).toBe("Members 2");
  expect(await violations(page)).toEqual([]);
  await shoot(page, "members");
  expect([...complaints.errors, ...complaints.foreign]).toEqual([]);
});
