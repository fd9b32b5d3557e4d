import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat";
import { isAwaited, isUnrated, openQuestion, startsGroup } from "../transcript";
import type { Message } from "../wire";
import { spokenTime } from "../words";
import { useHere } from "./context";
import { Down } from "./icons";
import { Own, Pending } from "./Own";
import { Theirs } from "./Theirs";
import { Welcome } from "./Welcome";

const nearBottomPixels = 120;

/** The conversation itself: what was said, what is on its way, and what the bot is doing. */
export function Talk() {
  const { chat, w } = useHere();
  const { messages, outbox, isOver } = chat;
  const { log, missed, look } = useFollow(chat);
  const open = openQuestion(messages, outbox.items);
  const isOpen = (message: Message) => !isOver && (message.seq === open || isUnrated(message, messages, outbox.items));
  const typing = chat.isTyping && isAwaited(messages, outbox.items) && !isOver;
  return (
    <main class="talk">
      <div class="log" ref={log} role="log" aria-live="polite" aria-label={w.transcript} tabIndex={0}>
        <Welcome />
        {messages.map((message, place) => {
          const before = messages[place - 1];
          return (
            <div key={message.seq} class="turn" data-seq={message.seq} data-from={message.from}>
              {startsGroup(before, message) && place > 0 && <time dateTime={message.at}>{spokenTime(message.at, w)}</time>}
              {message.from === "applicant" ? (
                <Own message={message} />
              ) : (
                <Theirs message={message} isOpen={isOpen(message)} isNewSpeaker={before?.from !== message.from} />
              )}
            </div>
          );
        })}
        {outbox.items.map((item) => (
          <div key={item.id} class="turn" data-from="applicant">
            <Pending item={item} />
          </div>
        ))}
        {isOver && <Over />}
        <div class="typing" aria-hidden={!typing}>
          {typing && (
            <>
              <i />
              <i />
              <i />
              <span>{w.typing}</span>
            </>
          )}
        </div>
      </div>
      {missed && (
        <button type="button" class="newest" onClick={look}>
          <Down />
          {w.newest}
        </button>
      )}
    </main>
  );
}

function Over() {
  const { chat, w } = useHere();
  return (
    <div class="over">
      <p>{w.over}</p>
      <button type="button" class="button button-main" onClick={() => void chat.startAnew()}>
        {w.startAnew}
      </button>
    </div>
  );
}

/** Keep the newest words in view, unless he has scrolled up to read something. */
function useFollow(chat: Chat) {
  const { messages, outbox } = chat;
  const log = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const seen = useRef({ seq: 0, pending: 0 });
  const [missed, setMissed] = useState(false);
  const last = messages.length ? messages[messages.length - 1]!.seq : 0;
  const states = outbox.items.map((item) => item.state + item.tries).join();
  const look = () => {
    following.current = true;
    setMissed(false);
    toEnd(log.current!);
  };

  useLayoutEffect(() => {
    const box = log.current!;
    let lastTop = 0;
    const watch = () => {
      if (isNearEnd(box)) following.current = true;
      else if (box.scrollTop < lastTop) following.current = false; // growing content does not mean he looked away
      lastTop = box.scrollTop;
      if (following.current) setMissed(false);
    };
    const refit = () => void (following.current && toEnd(box));
    box.addEventListener("scroll", watch, { passive: true });
    box.addEventListener("load", refit, true); // a picture has got its height
    window.addEventListener("resize", refit); // the keyboard came up
    return () => {
      box.removeEventListener("scroll", watch);
      box.removeEventListener("load", refit, true);
      window.removeEventListener("resize", refit);
    };
  }, []);

  useLayoutEffect(() => {
    const before = seen.current;
    const pending = outbox.items.length;
    seen.current = { seq: last, pending };
    if (!messages.some((message) => message.from === "applicant") && pending === 0) return; // the letterhead is on top
    following.current = following.current || pending > before.pending; // whoever speaks wants to see the answer
    if (following.current && last === before.seq) return toEnd(log.current!);
    if (last === before.seq) return;
    // After a reload the end is what matters; later, everything that came since he last looked.
    const fresh = before.seq === 0 ? last : before.seq + 1;
    if (following.current) following.current = show(log.current!, fresh, pending > 0);
    else setMissed(true);
  }, [last, outbox.items.length, states]);

  return { log, missed, look };
}

/** Scroll to the end, but never past the beginning of what is new: a long card is read from its top. True at the end. */
function show(box: HTMLElement, fresh: number, isSending: boolean): boolean {
  toEnd(box);
  if (isSending) return true;
  const turns = Array.from(box.querySelectorAll<HTMLElement>(".turn[data-seq]"));
  const first = turns.filter((turn) => Number(turn.dataset["seq"]) >= fresh && turn.dataset["from"] !== "applicant")[0];
  if (!first || first.offsetTop >= box.scrollTop) return true;
  box.scrollTop = first.offsetTop;
  return isNearEnd(box);
}

const isNearEnd = (box: HTMLElement): boolean => box.scrollHeight - box.scrollTop - box.clientHeight < nearBottomPixels;

const toEnd = (box: HTMLElement): void => void (box.scrollTop = box.scrollHeight);
