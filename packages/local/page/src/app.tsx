import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { about, loadAbout } from "./data/about.ts";
import { startLive } from "./data/live.ts";
import { type Route, route } from "./data/route.ts";
import { messageOf } from "./data/server.ts";
import { isLocked } from "./data/session.ts";
import { Shell } from "./parts/shell.tsx";
import { Failure, Loading } from "./parts/states.tsx";
import { HealthView } from "./views/health.tsx";
import { LettersView } from "./views/letters.tsx";
import { LiveView } from "./views/live.tsx";
import { PublicationView } from "./views/publication.tsx";
import { SignIn } from "./views/sign-in.tsx";
import { TopicView } from "./views/topic.tsx";

export function App(): JSX.Element {
  const locked = isLocked.value;
  useEffect(() => {
    if (!locked) void loadAbout();
  }, [locked]);
  const { data } = about.value;
  useEffect(() => (data && !locked ? startLive(data) : undefined), [data, locked]);
  if (locked) return <SignIn />;
  return (
    <Shell>
      {data ? (
        <View route={route.value} />
      ) : about.value.error ? (
        <Failure
          what="The inspector's server does not respond"
          error={messageOf(about.value.error)}
          retry={loadAbout}
        />
      ) : (
        <Loading what="Connecting" />
      )}
    </Shell>
  );
}

function View({ route: { view, topicId, epoch, offset } }: { route: Route }): JSX.Element {
  if (view === "topic" && topicId !== undefined) return <TopicView key={topicId} topicId={topicId} />;
  if (view === "publication" && topicId !== undefined && offset !== undefined) {
    const name = { topicId, epoch, offset };
    return <PublicationView key={JSON.stringify(name)} name={name} />;
  }
  if (view === "letters") return <LettersView />;
  return view === "health" ? <HealthView /> : <LiveView />;
}
