import { useEffect, useState } from "preact/hooks";
import { Drawing } from "../../shared/Drawing";
import { fit } from "../../shared/fit";
import { ask, NoAnswer, Refused, send, type Wanted } from "./wire";
import { wordsOf, type Words } from "./words";

type Ended = "done" | "used" | "old" | "unknown";
type State =
  | { is: "loading" }
  | { is: "unreachable" }
  | { is: "ready"; fault: string }
  | { is: "sending"; photo: Blob; part: number }
  | { is: "stuck"; photo: Blob; fault: string }
  | { is: Ended };

const ends: Record<number, Ended> = { 401: "unknown", 409: "used", 410: "old" };

/** One photo: which one, how to take it, how far it has got, and what comes next. */
export function Upload({ token }: { token: string }) {
  const [state, become] = useState<State>({ is: "loading" });
  const [wanted, learn] = useState<Wanted | null>(null);
  const w = wordsOf(wanted?.lang);

  useEffect(() => void open(), []);
  useEffect(() => {
    document.documentElement.lang = w.done === "Received" ? "en" : "zh-CN";
  }, [w]);

  async function open() {
    become({ is: "loading" });
    try {
      learn(await ask(token));
      become({ is: "ready", fault: "" });
    } catch (fault) {
      become({ is: (fault instanceof Refused && ends[fault.status]) || "unreachable" });
    }
  }

  async function deliver(photo: Blob) {
    become({ is: "sending", photo, part: 0 });
    try {
      await send(token, photo, (part) => become({ is: "sending", photo, part }));
      become({ is: "done" });
    } catch (fault) {
      const end = fault instanceof Refused && ends[fault.status];
      if (end) become({ is: end });
      else if (fault instanceof Refused && fault.status < 500) become({ is: "ready", fault: fault.plain || w.tooBig });
      else become({ is: "stuck", photo, fault: fault instanceof NoAnswer ? w.noNetwork : w.trouble });
    }
  }

  async function pick(file: File) {
    const photo = await fit(file);
    if (photo) await deliver(photo);
    else become({ is: "ready", fault: w.tooBig });
  }

  return (
    <div class="stage" aria-live="polite">
      {show()}
      <p class="small">{w.phone}</p>
    </div>
  );

  function show() {
    switch (state.is) {
      case "loading":
        return <p class="quiet">{w.loading}</p>;
      case "unreachable":
        return <Notice title={w.noAnswer} act={w.tryAgain} onAct={() => void open()} />;
      case "ready":
        return <Asking w={w} wanted={wanted!} fault={state.fault} onPick={(file) => void pick(file)} />;
      case "sending":
        return <Sending w={w} photo={state.photo} part={state.part} />;
      case "stuck":
        return <Notice title={state.fault} act={w.again} onAct={() => void deliver(state.photo)} />;
      case "done":
        return <Notice title={w.done} next={w.doneNext} good />;
      case "used":
        return <Notice title={w.used} next={w.usedNext} good />;
      default:
        return <Notice title={w[state.is]} next={w.anew} />;
    }
  }
}

function Asking({ w, wanted, fault, onPick }: { w: Words; wanted: Wanted; fault: string; onPick: (file: File) => void }) {
  return (
    <section>
      <h2>{wanted.title || w.wanted}</h2>
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      <Drawing slot={wanted.slot} side={wanted.side} w={w} />
      <ul class="tips">
        {w.tips.map((tip) => (
          <li key={tip}>{tip}</li>
        ))}
      </ul>
      <Source label={w.camera} main capture onPick={onPick} />
      <Source label={w.gallery} onPick={onPick} />
      <p class="small">
        {w.lasts}
        {w.safe}
      </p>
    </section>
  );
}

/** A button that is a file field: the field itself is there for keyboards and screen readers, unseen. */
function Source({ label, main, capture, onPick }: { label: string; main?: boolean; capture?: boolean; onPick: (file: File) => void }) {
  return (
    <label class={main ? "button button-main" : "button"}>
      {label}
      <input
        class="unseen"
        type="file"
        accept="image/*"
        data-from={capture ? "camera" : "gallery"}
        {...(capture ? { capture: "environment" } : {})}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = ""; // the same file may be picked again
          if (file) onPick(file);
        }}
      />
    </label>
  );
}

function Sending({ w, photo, part }: { w: Words; photo: Blob; part: number }) {
  const [picture] = useState(() => URL.createObjectURL(photo));
  useEffect(() => () => URL.revokeObjectURL(picture), []);
  const words = part < 1 ? w.sending : w.looking;
  return (
    <section>
      <img class="preview" src={picture} alt={w.preview} />
      <p class="quiet">{words}</p>
      <progress max="1" value={part} aria-label={words} />
    </section>
  );
}

function Notice({ title, next, act, good, onAct }: { title: string; next?: string; act?: string; good?: boolean; onAct?: () => void }) {
  return (
    <section class={good ? "notice notice-good" : "notice"}>
      {good && (
        <svg class="tick" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
          <path d="M5 12.5l4.5 4.5L19 7.5" />
        </svg>
      )}
      <h2>{title}</h2>
      {next && <p>{next}</p>}
      {act && (
        <button type="button" class="button button-main" onClick={onAct}>
          {act}
        </button>
      )}
    </section>
  );
}
