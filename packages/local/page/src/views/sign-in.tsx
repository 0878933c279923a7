import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { enter, signInProblem } from "../data/session.ts";
import { Icon } from "../parts/icon.tsx";

export function SignIn(): JSX.Element {
  const [token, setToken] = useState("");
  return (
    <main class="sign-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          void enter(token);
        }}
      >
        <Icon name="key" />
        <h1>Open the inspector</h1>
        <p class="muted">
          Paste the token or the link that <code>pubsub inspect</code> printed last. A token opens one tab.
        </p>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            autocomplete="off"
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        {signInProblem.value && (
          <p class="bad-text" role="alert">
            {signInProblem.value}
          </p>
        )}
        <button type="submit" class="button primary" disabled={token.trim() === ""}>
          Open
        </button>
      </form>
    </main>
  );
}
