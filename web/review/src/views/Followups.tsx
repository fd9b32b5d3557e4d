import { useCallback, useEffect, useState } from "preact/hooks";
import { actOnFollowup, followup, followups, Refused, type Action, type Followup, type FollowupSummary } from "../api";
import { day, fact, moment, who } from "../words";
import { Clock } from "./Clock";
import { Dialog } from "./Dialog";
import { Field } from "./Field";

/** What follows a bad mark, the most urgent first. Whose mark it is shows only when he gave his name, or at the end. */
export function Followups({ signedOut }: { signedOut: () => void }) {
  const [rows, setRows] = useState<FollowupSummary[] | null>(null);
  const [open, setOpen] = useState<Followup | null>(null);
  const [fault, setFault] = useState("");
  const failed = useCallback((error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) signedOut();
    else setFault(error.plain);
  }, []);
  const load = useCallback(() => followups().then((found) => setRows(found.followups), failed), []);
  useEffect(() => void load(), []);
  const show = (found: Followup) => (setOpen(found), setFault(""), void load());

  return (
    <section aria-labelledby="followups-title">
      <h2 id="followups-title">差评整改</h2>
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      {rows?.length === 0 && <p class="empty">现在没有要整改的差评。</p>}
      <ul class="list">
        {(rows ?? []).map((each) => (
          <li key={each.id}>
            <button type="button" class="button" aria-expanded={open?.id === each.id} onClick={() => void followup(each.id).then(show, failed)}>
              {each.title} · {fact("code", each.code)} · {each.state_label} <span class="number">{each.id}</span>
            </button>
            <Clock colour={each.clock} /> {each.due_on && <span>{day(each.due_on)}</span>}
            {open?.id === each.id && <One found={open} done={show} signedOut={signedOut} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function One({ found, done, signedOut }: { found: Followup; done: (now: Followup) => void; signedOut: () => void }) {
  const [action, setAction] = useState<Action | null>(null);
  return (
    <div>
      <p dir="auto">
        {found.applicant ? `${found.applicant.name} ${found.applicant.id_number}，${found.applicant.number}` : "评价人没有留名，整改结束前不显示是谁。"}
      </p>
      {found.marks.map((mark) => (
        <p key={mark.round} dir="auto">
          {fact("code", mark.code)}（{moment(mark.at)}）{mark.words && `：${mark.words}`}
        </p>
      ))}
      <ol>
        {found.steps.map((step) => (
          <li key={step.n} dir="auto">
            {moment(step.at)} {who(step.by)} {step.label}
            {step.late && "（晚了）"}：{step.words}
          </li>
        ))}
      </ol>
      {found.actions.map((each) => (
        <button key={each.action} type="button" class={`button button-${each.tone}`} onClick={() => setAction(each)}>
          {each.label}
        </button>
      ))}
      {action && <Take found={found} action={action} done={(now) => (setAction(null), done(now))} close={() => setAction(null)} signedOut={signedOut} />}
    </div>
  );
}

interface TakeProps {
  found: Followup;
  action: Action;
  done: (now: Followup) => void;
  close: () => void;
  signedOut: () => void;
}

/** One step, with the words that are kept of it. */
function Take({ found, action, done, close, signedOut }: TakeProps) {
  const [words, setWords] = useState("");
  const [fault, setFault] = useState("");
  const failed = (error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) signedOut();
    else setFault(error.plain);
  };
  const send = (event: Event) => {
    event.preventDefault();
    if (!words.trim()) setFault("请先写几句。");
    else actOnFollowup(found.id, action.action, found.version, words).then(done, failed);
  };
  return (
    <Dialog title={action.label} close={close}>
      <form onSubmit={send} noValidate>
        {action.needs.map((need) => (
          <Field key={need.name} id={`step-${need.name}`} label={need.label} help={need.help} fault={fault} optional={false}>
            {(ties) => <textarea {...ties} rows={3} maxLength={2000} value={words} onInput={(event) => setWords(event.currentTarget.value)} />}
          </Field>
        ))}
        <div class="dialog-foot">
          <button type="button" class="button" onClick={close}>
            取消
          </button>
          <button type="submit" class="button button-primary">
            确定{action.label}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
