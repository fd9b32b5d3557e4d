import { useEffect, useState } from "preact/hooks";
import { me, Refused, signOut, type Me } from "../api";
import { Desk } from "./Desk";
import { Sign } from "./Sign";
import { SignIn } from "./SignIn";

/** The one-time code of the first reviewer comes behind #, which browsers send to nobody. */
function takeCode(): string {
  const code = new URLSearchParams(location.hash.slice(1)).get("code") ?? "";
  if (code) history.replaceState(null, "", location.pathname);
  return code;
}

export function App() {
  const [code] = useState(takeCode);
  const [reviewer, setReviewer] = useState<Me | null>(null);
  const [firstRun, setFirstRun] = useState(code !== "");
  const [known, setKnown] = useState(false);
  useEffect(() => {
    me()
      .then(setReviewer)
      .catch((error) => error instanceof Refused && error.firstRun && setFirstRun(true))
      .finally(() => setKnown(true));
  }, []);
  const leave = () => void signOut().finally(() => setReviewer(null));

  return (
    <>
      <header class="bar">
        <Sign />
        <h1>零跑腿 · 预审台</h1>
        {reviewer && (
          <>
            <span class="bar-name">{reviewer.name}</span>
            <button type="button" class="bar-button" onClick={leave}>
              退出
            </button>
          </>
        )}
      </header>
      {reviewer ? (
        <Desk signedOut={() => setReviewer(null)} />
      ) : (
        known && <SignIn code={code} firstRun={firstRun} done={(found) => (setFirstRun(false), setReviewer(found))} />
      )}
    </>
  );
}
