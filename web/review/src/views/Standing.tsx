import { useState } from "preact/hooks";
import { Refused, seeTo, type Alert, type Application } from "../api";
import { day, lookupWords, moment, who } from "../words";
import { Clock } from "./Clock";

interface StandingProps {
  application: Application;
  reload: () => Promise<unknown>;
  signedOut: () => void;
}

/** What a reviewer should know before he acts: warnings, papers still owed, how often it was sent back, every clock. */
export function Standing({ application, reload, signedOut }: StandingProps) {
  const { alerts = [], owed = [], lookups = [], talks = [], clocks = [], rejections = 0 } = application;
  return (
    <>
      {alerts.map((alert) => (
        <AlertNote key={alert.id} alert={alert} reload={reload} signedOut={signedOut} />
      ))}
      {application.promise_broken && <p class="warning">这个人有容缺承诺没有兑现，解除以前不能再容缺。</p>}
      {clocks.length > 1 && (
        <ul class="clocks" aria-label="各项时限">
          {clocks.map((clock) => (
            <li key={clock.name}>
              <b>{clock.label}</b> {day(clock.due_on)}
              {clock.provisional && "（暂定）"} <Clock colour={clock.colour} />
            </li>
          ))}
        </ul>
      )}
      {rejections > 0 && <p class="note">已经退回{rejections}次。</p>}
      {talks.map((talk) => (
        <p key={talk.at} class="note">
          约谈：{talk.when}，{talk.who}，{talk.result}（{who(talk.by)}记录）
        </p>
      ))}
      {lookups.length > 0 && (
        <section>
          <h3>部门核验</h3>
          <ul class="owed">
            {lookups.map((lookup) => (
              <li key={lookup.material}>
                <b>{lookup.title}</b> {lookupWords(lookup)}
              </li>
            ))}
          </ul>
        </section>
      )}
      {owed.length > 0 && (
        <section>
          <h3>容缺的材料</h3>
          <ul class="owed">
            {owed.map((paper) => (
              <li key={paper.material}>
                <b>{paper.title}</b> {paper.supplied_at ? `${moment(paper.supplied_at)}已补` : "还欠着"}
                <p class="note">{paper.text ? `答应的话：${paper.text}` : "部门没有查到，请申请人补的，不算他的承诺。"}</p>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function AlertNote({ alert, reload, signedOut }: { alert: Alert; reload: () => Promise<unknown>; signedOut: () => void }) {
  const [note, setNote] = useState("");
  const [fault, setFault] = useState("");
  const failed = (error: unknown) => {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) return signedOut();
    setFault(error.plain);
  };
  const send = (event: Event) => {
    event.preventDefault();
    seeTo(alert.id, note).then(reload, failed);
  };
  return (
    <form class="warning" onSubmit={send}>
      <p>
        <b>{alert.label}</b> {alert.text}
      </p>
      <label>
        怎么处理的
        <input value={note} maxLength={500} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <button type="submit" class="button button-plain" disabled={!note.trim()}>
        记下来
      </button>
      {fault && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
    </form>
  );
}
