import { signal } from "@preact/signals";

const KEY = "inspector-key";
const TOKEN_LINK = /^#token=([\w-]+)$/;

/** Whether the page needs a token. */
export const isLocked = signal(false);
export const signInProblem = signal<string | undefined>(undefined);

/** The key of this tab's session. Only this tab has it. */
export const sessionKey = (): string | undefined => sessionStorage.getItem(KEY) ?? undefined;

export function lock(): void {
  sessionStorage.removeItem(KEY);
  isLocked.value = true;
}

/** Uses the token in the page's own address, and removes it from there and from the history. */
export async function enterByLink(): Promise<void> {
  const [, token] = TOKEN_LINK.exec(location.hash) ?? [];
  if (token === undefined) return;
  history.replaceState(undefined, "", "#/live");
  await enter(token);
}

/** Exchanges a token for a key. */
export async function enter(token: string): Promise<void> {
  signInProblem.value = undefined;
  try {
    const response = await fetch("/api/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: token.trim().replace(/^.*#token=/, "") }),
    });
    const answer = (await response.json()) as { key?: string; error?: { message: string } };
    if (answer.key === undefined) throw new Error(answer.error?.message ?? "refused");
    sessionStorage.setItem(KEY, answer.key);
    isLocked.value = false;
  } catch (error) {
    isLocked.value = true;
    signInProblem.value = error instanceof Error ? error.message : String(error);
  }
}
