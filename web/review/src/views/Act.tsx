import { useState } from "preact/hooks";
import { act, Refused, type Action, type Application, type Item, type Need } from "../api";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { Items } from "./Items";

interface ActProps {
  application: Application;
  action: Action;
  done: (now: Application) => void;
  close: () => void;
  reload: () => Promise<unknown>;
  signedOut: () => void;
}

/** Make one move. Whoever is refused hears why and how, so those fields must be filled before it can be sent. */
export function Act({ application, action, done, close, reload, signedOut }: ActProps) {
  const [fields, setFields] = useState<Record<string, string>>({});
  const [items, setItems] = useState<Item[]>([]);
  const [faults, setFaults] = useState<Record<string, string>>({});
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const failed = (error: unknown) => {
    setBusy(false);
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) return signedOut();
    if (error.status === 409) void reload();
    setFaults(error.fields);
    setFault(error.plain);
  };
  const send = (event: Event) => {
    event.preventDefault();
    const missing = missingOf(action.needs, fields);
    setFaults(missing);
    if (Object.keys(missing).length) return document.getElementById(`need-${Object.keys(missing)[0]}`)?.focus();
    if (action.items && !items.length) return setFault("请选出要补正的内容。");
    if (items.some((item) => !item.reason.trim())) return setFault("每一项都要写清原因。");
    setBusy(true);
    act(application.number, action.action, application.version, fields, action.items ? items : undefined).then(done, failed);
  };
  return (
    <Dialog title={action.label} close={close}>
      <form onSubmit={send} noValidate>
        <p>
          {application.title} <span class="number">{application.number}</span>
        </p>
        {action.items && <Items application={application} items={items} write={setItems} />}
        {action.needs.map((need) => (
          <Field key={need.name} id={`need-${need.name}`} label={need.label} help={need.help} fault={faults[need.name]} optional={!need.required}>
            {(ties) => <Input ties={ties} need={need} value={fields[need.name] ?? ""} write={(words) => setFields({ ...fields, [need.name]: words })} />}
          </Field>
        ))}
        <p class="fault" role="alert">
          {fault}
        </p>
        <div class="dialog-foot">
          <button type="button" class="button" onClick={close}>
            取消
          </button>
          <button type="submit" class={`button button-${action.tone === "danger" ? "danger" : "primary"}`} disabled={busy}>
            {busy ? "请稍等…" : `确定${action.label}`}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Input({ ties, need, value, write }: { ties: object; need: Need; value: string; write: (words: string) => void }) {
  const shared = { ...ties, value, maxLength: 1000, "aria-required": need.required };
  if (need.choices?.length) return <Choice shared={shared} need={need} write={write} />;
  return need.multiline ? (
    <textarea {...shared} rows={3} onInput={(event) => write(event.currentTarget.value)} />
  ) : (
    <input {...shared} onInput={(event) => write(event.currentTarget.value)} />
  );
}

/** Closed choices are a list to choose from; open ones only help with typing. */
function Choice({ shared, need, write }: { shared: object; need: Need; write: (words: string) => void }) {
  const options = (need.choices ?? []).map(({ value, label }) => (
    <option key={value} value={value}>
      {label}
    </option>
  ));
  if (!need.closed)
    return (
      <>
        <input {...shared} list={`choices-${need.name}`} onInput={(event) => write(event.currentTarget.value)} />
        <datalist id={`choices-${need.name}`}>{options}</datalist>
      </>
    );
  return (
    <select {...shared} onChange={(event) => write(event.currentTarget.value)}>
      <option value="">请选择</option>
      {options}
    </select>
  );
}

function missingOf(needs: Need[], fields: Record<string, string>): Record<string, string> {
  const missing: Record<string, string> = {};
  for (const need of needs) if (need.required && !fields[need.name]?.trim()) missing[need.name] = `请写上“${need.label}”。`;
  return missing;
}
