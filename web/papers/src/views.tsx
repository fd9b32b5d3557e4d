import { useEffect, useState } from "preact/hooks";
import { wordsOf, type Words } from "./words";

interface Told {
  title: string;
  number: string;
  lang: string;
}

type Ended = "old" | "unknown" | "gone";
type State = { is: "loading" } | { is: "unreachable" } | { is: "ready"; told: Told } | { is: Ended };

const ends: Record<number, Ended> = { 401: "unknown", 404: "gone", 410: "old" };

/** One paper: what it is, and a button that saves it. See handlers/documents.py. */
export function Paper({ token }: { token: string }) {
  const [state, become] = useState<State>({ is: "loading" });
  const w = wordsOf(state.is === "ready" ? state.told.lang : undefined);
  const open = () => {
    become({ is: "loading" });
    ask(token).then(become, () => become({ is: "unreachable" }));
  };
  useEffect(open, []);
  useEffect(() => {
    document.documentElement.lang = w.number === "Number" ? "en" : "zh-CN";
  }, [w]);
  return (
    <div aria-live="polite">
      {state.is === "loading" && <p>{w.loading}</p>}
      {state.is === "unreachable" && <Notice title={w.noAnswer} act={w.tryAgain} onAct={open} />}
      {state.is === "ready" && <Ready w={w} told={state.told} token={token} become={become} />}
      {(state.is === "old" || state.is === "unknown" || state.is === "gone") && <Notice title={w[state.is]} next={w.anew} />}
      <p class="small">{w.phone}</p>
    </div>
  );
}

interface ReadyProps {
  w: Words;
  told: Told;
  token: string;
  become: (state: State) => void;
}

/**
 * A form's answer: every phone's browser knows how to keep it. Whether the link is still good is asked before: who
 * left the page open for a while would else be shown the service's bare refusal.
 */
function Ready({ w, told, token, become }: ReadyProps) {
  const save = (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    ask(token).then(
      (now) => (now.is === "ready" ? form.submit() : become(now)),
      () => become({ is: "unreachable" }),
    );
  };
  return (
    <form method="post" action="./api/file" onSubmit={save}>
      <h2>{told.title}</h2>
      <p>
        {w.number} {told.number}
      </p>
      <input type="hidden" name="token" value={token} />
      <button type="submit" class="button">
        {w.save}
      </button>
      <p class="small">{w.saved}</p>
      <p class="small">{w.until}</p>
    </form>
  );
}

function Notice({ title, next, act, onAct }: { title: string; next?: string; act?: string; onAct?: () => void }) {
  return (
    <section>
      <h2>{title}</h2>
      {next && <p>{next}</p>}
      {act && (
        <button type="button" class="button" onClick={onAct}>
          {act}
        </button>
      )}
    </section>
  );
}

function ask(token: string): Promise<State> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", "./api/link");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.timeout = 15_000;
    request.onload = () => {
      const end = ends[request.status];
      if (request.status === 200) resolve({ is: "ready", told: JSON.parse(request.responseText) as Told });
      else if (end) resolve({ is: end });
      else reject(new Error(`refused with ${request.status}`));
    };
    request.onerror = request.ontimeout = () => reject(new Error("no answer"));
    request.send();
  });
}
