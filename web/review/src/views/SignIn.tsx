import { useState } from "preact/hooks";
import { firstRun as makeFirst, Refused, signIn, type Me } from "../api";
import { Field } from "./Field";

const leastPassword = 12;

interface SignInProps {
  code: string;
  firstRun: boolean;
  done: (reviewer: Me) => void;
}

/** Sign in; or, with the one-time code, become the first reviewer. */
export function SignIn({ code, firstRun, done }: SignInProps) {
  const [key, setKey] = useState(code);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setFault("");
    try {
      done(await (firstRun ? makeFirst(key.trim(), name.trim(), password) : signIn(name.trim(), password)));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setFault(error.plain);
      setBusy(false);
    }
  };
  return (
    <main class="door">
      <form class="sheet" onSubmit={(event) => void send(event)}>
        <h2>{firstRun ? "设置第一个预审员" : "预审员登录"}</h2>
        {firstRun && <p>还没有人能登录。登录码在启动服务的窗口里，只能用一次。</p>}
        {firstRun && !code && (
          <Field id="code" label="登录码">
            {(ties) => <input {...ties} required autocomplete="one-time-code" value={key} onInput={(event) => setKey(event.currentTarget.value)} />}
          </Field>
        )}
        <Field id="name" label="名字" help={firstRun ? "会写在您办的每一件事上。" : undefined}>
          {(ties) => <input {...ties} required maxLength={40} autocomplete="username" value={name} onInput={(event) => setName(event.currentTarget.value)} />}
        </Field>
        <Field id="password" label="密码" help={firstRun ? `至少${leastPassword}个字符，越长越好。` : undefined}>
          {(ties) => (
            <input
              {...ties}
              type="password"
              required
              minLength={firstRun ? leastPassword : undefined}
              maxLength={200}
              autocomplete={firstRun ? "new-password" : "current-password"}
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
          )}
        </Field>
        <p class="fault" role="alert">
          {fault}
        </p>
        <button type="submit" class="button button-main" disabled={busy}>
          {busy ? "请稍等…" : firstRun ? "设好并登录" : "登录"}
        </button>
      </form>
    </main>
  );
}
