import { useCallback, useEffect, useState } from "preact/hooks";
import { list, Refused, type Overview } from "../api";
import { Detail } from "./Detail";
import { Followups } from "./Followups";
import { List } from "./List";

const refreshSeconds = 30;

const numberInAddress = (): string => decodeURIComponent(location.hash.replace(/^#\/?/, ""));

/** The list on the left, one application on the right; on a phone one after the other. */
export function Desk({ signedOut }: { signedOut: () => void }) {
  const [state, setState] = useState("");
  const [words, setWords] = useState("");
  const [found, setFound] = useState<Overview | null>(null);
  const [fault, setFault] = useState("");
  const [number, setNumber] = useState(numberInAddress);

  const failed = useCallback((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) signedOut();
    else setFault(error.plain);
  }, []);
  const load = useCallback(() => list(state, words).then((overview) => (setFound(overview), setFault("")), failed), [state, words]);

  useEffect(() => {
    const soon = setTimeout(() => void load(), words ? 250 : 0); // not at every letter
    const timer = setInterval(() => document.hidden || void load(), refreshSeconds * 1000);
    return () => (clearTimeout(soon), clearInterval(timer));
  }, [load]);
  useEffect(() => {
    const follow = () => setNumber(numberInAddress());
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, []);

  return (
    <div class={number ? "desk has-detail" : "desk"}>
      <nav class="side" aria-label="申请">
        <div class="filters">
          <label>
            <span class="unseen">查找</span>
            <input type="search" placeholder="号码、事项、姓名或身份证号" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
          </label>
          <label>
            <span class="unseen">状态</span>
            <select value={state} onChange={(event) => setState(event.currentTarget.value)}>
              <option value="">全部状态</option>
              {(found?.states ?? []).map((each) => (
                <option key={each.id} value={each.id}>
                  {each.label}
                </option>
              ))}
            </select>
          </label>
        </div>
        <p class="side-link">
          <a href="#/followups" aria-current={number === "followups" ? "page" : undefined}>
            差评整改
          </a>
        </p>
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
        {found && <List applications={found.applications} chosen={number} filtered={Boolean(state || words)} />}
      </nav>
      <main class="main">
        {number === "followups" ? (
          <Followups signedOut={signedOut} />
        ) : number ? (
          <Detail key={number} number={number} changed={() => void load()} signedOut={signedOut} />
        ) : (
          <p class="empty">从左边选一件。快到期的排在最前面。</p>
        )}
      </main>
    </div>
  );
}
