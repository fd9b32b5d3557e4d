import { useState } from "preact/hooks";
import type { Item } from "../outbox";
import { covered, isHisLast } from "../transcript";
import type { Message } from "../wire";
import { useHere } from "./context";
import { Clock, Picture, Tick, Warn } from "./icons";

/** What the applicant said and the service has. */
export function Own({ message }: { message: Message }) {
  const { w } = useHere();
  return (
    <article class="own">
      <h3 class="unseen">{w.you}</h3>
      {message.image && <OwnPhoto message={message} image={message.image} />}
      {message.text && !message.image && <OwnWords message={message} />}
      <p class="mark">
        <Tick />
        <span class="unseen">{w.sent}</span>
      </p>
    </article>
  );
}

/** Long numbers are covered once he has gone on. */
function OwnWords({ message }: { message: Message }) {
  const { chat, w } = useHere();
  const [isShown, show] = useState(false);
  const words = covered(message.text);
  const mayCover = words !== message.text && !isHisLast(message, chat.messages, chat.outbox.items);
  return (
    <>
      <p class="words" dir="auto">
        {mayCover && !isShown ? words : message.text}
      </p>
      {mayCover && (
        <button type="button" class="small-button" onClick={() => show(!isShown)}>
          {isShown ? w.cover : w.uncover}
        </button>
      )}
    </>
  );
}

/** Photos of an earlier visit are fetched only when he asks: megabytes cost him money. */
function OwnPhoto({ message, image }: { message: Message; image: string }) {
  const { chat, w } = useHere();
  const [address, setAddress] = useState(chat.preview(message));
  const [state, setState] = useState<"idle" | "loading" | "failed">("idle");
  const load = () => {
    setState("loading");
    chat.load(image).then(setAddress, () => setState("failed"));
  };
  if (address) return <Preview address={address} />;
  const label = { idle: w.openPhoto, loading: w.loadingPhoto, failed: w.noPhoto }[state];
  return (
    <button type="button" class="photo-tile" disabled={state === "loading"} onClick={load}>
      <Picture />
      {label}
    </button>
  );
}

/** A picture the browser cannot draw (an iPhone's HEIC, a file that is none) is still shown as sent. */
function Preview({ address }: { address: string }) {
  const { w } = useHere();
  const [broken, setBroken] = useState(false);
  if (!broken) return <img class="photo" src={address} alt={w.yourPhoto} onError={() => setBroken(true)} />;
  return (
    <p class="photo-tile">
      <Picture />
      {w.photo}
    </p>
  );
}

/** What he said and the service does not show yet. */
export function Pending({ item }: { item: Item }) {
  const { w } = useHere();
  return (
    <article class="own" data-state={item.state}>
      <h3 class="unseen">{w.you}</h3>
      {item.preview && <Preview address={item.preview} />}
      {item.text && (
        <p class="words" dir="auto">
          {item.text}
        </p>
      )}
      {item.state === "refused" ? <RefusedNote item={item} /> : <Mark item={item} />}
    </article>
  );
}

function Mark({ item }: { item: Item }) {
  const { chat, w } = useHere();
  if (item.state === "sent") {
    return (
      <p class="mark">
        <Tick />
        <span class="unseen">{w.sent}</span>
      </p>
    );
  }
  if (item.kind === "photo" && item.state === "sending") {
    const percent = Math.round(item.done * 100);
    return (
      <p class="mark mark-upload">
        <progress max={100} value={percent} aria-label={w.uploaded(percent)} />
        <span>{w.uploaded(percent)}</span>
      </p>
    );
  }
  if (item.tries === 0) {
    return (
      <p class="mark">
        <Clock />
        <span class="unseen">{item.state === "sending" ? w.sending : w.waiting}</span>
      </p>
    );
  }
  return (
    <div class="trouble">
      <p>
        <Clock />
        {w.unsent}
      </p>
      <button type="button" class="small-button" onClick={() => chat.outbox.hurry()}>
        {w.retry}
      </button>
      {item.kind === "photo" && (
        <button type="button" class="small-button" onClick={() => chat.outbox.remove(item.id)}>
          {w.remove}
        </button>
      )}
    </div>
  );
}

function RefusedNote({ item }: { item: Item }) {
  const { chat, w, pick } = useHere();
  const retake = () => {
    chat.outbox.remove(item.id);
    pick("camera");
  };
  return (
    <div class="trouble trouble-refused" role="alert">
      <p>
        <Warn />
        {item.why || (item.kind === "photo" ? w.refusedPhoto : w.refused)}
      </p>
      {item.kind === "photo" && (
        <button type="button" class="small-button" onClick={retake}>
          {w.retake}
        </button>
      )}
      <button type="button" class="small-button" onClick={() => chat.outbox.remove(item.id)}>
        {w.remove}
      </button>
    </div>
  );
}
