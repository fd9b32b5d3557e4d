import { useEffect, useState } from "preact/hooks";
import { useHere } from "./context";
import { NoSignal } from "./icons";

const patienceSeconds = 2; // a short wait is not worth a word

/** One strip for the state of the line. Empty while all is well. */
export function Status() {
  const { chat, w } = useHere();
  const slow = useSlow(chat.isConnecting);
  return (
    <div class="status" role="status">
      {chat.isOffline ? (
        <p class="strip strip-offline">
          <NoSignal />
          {w.offline}
        </p>
      ) : (
        slow && <p class="strip">{w.connecting}</p>
      )}
    </div>
  );
}

function useSlow(connecting: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (!connecting) return undefined;
    const timer = setTimeout(() => setSlow(true), patienceSeconds * 1000);
    return () => clearTimeout(timer);
  }, [connecting]);
  return slow;
}
