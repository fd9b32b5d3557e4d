import { useEffect, useState } from "preact/hooks";
import { read, Refused, type Action, type Application } from "../api";
import { day, fact, factWords, moment, who } from "../words";
import { Act } from "./Act";
import { Answers } from "./Answers";
import { Clock } from "./Clock";
import { Papers } from "./Papers";
import { Photos } from "./Photos";
import { Standing } from "./Standing";

interface DetailProps {
  number: string;
  changed: () => void;
  signedOut: () => void;
}

export function Detail({ number, changed, signedOut }: DetailProps) {
  const [application, setApplication] = useState<Application | null>(null);
  const [fault, setFault] = useState("");
  const [action, setAction] = useState<Action | null>(null);
  const load = () =>
    read(number).then(setApplication, (error) => {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 401) signedOut();
      else setFault(error.plain);
    });
  useEffect(() => void load(), [number]);
  const done = (now: Application) => (setAction(null), setApplication(now), changed());

  if (!application) return <p class={fault ? "fault" : "empty"}>{fault || "正在打开…"}</p>;
  return (
    <article class="detail">
      <a class="back" href="#/">
        ‹ 回到列表
      </a>
      <Head application={application} />
      <Standing application={application} reload={load} signedOut={signedOut} />
      <Moves application={application} choose={setAction} />
      <Answers application={application} signedOut={signedOut} />
      <Photos application={application} />
      <Papers application={application} />
      <Events application={application} />
      {action && <Act application={application} action={action} done={done} close={() => setAction(null)} reload={load} signedOut={signedOut} />}
    </article>
  );
}

function Head({ application }: { application: Application }) {
  return (
    <header class="head">
      <h2>{application.title}</h2>
      <p>
        <span class="number">{application.number}</span>
        <span class="state">{application.state_label}</span>
        {application.package && (
          <span>
            一件事：{application.package.title}，共{application.package.of}件，各办各的
          </span>
        )}
        <Clock colour={application.clock} />
        {application.due_on && (
          <span>
            {day(application.due_on)}前{application.provisional && "（暂定）"}
          </span>
        )}
      </p>
    </header>
  );
}

function Moves({ application, choose }: { application: Application; choose: (action: Action) => void }) {
  if (!application.actions.length) return <p class="calm">这件事现在没有要您做的。</p>;
  return (
    <div class="moves" role="group" aria-label="办理">
      {application.actions.map((action) => (
        <button key={action.action} type="button" class={`button button-${action.tone}`} aria-haspopup="dialog" onClick={() => choose(action)}>
          {action.label}
        </button>
      ))}
    </div>
  );
}

function Events({ application }: { application: Application }) {
  return (
    <section>
      <h3>经过</h3>
      <ol class="events">
        {application.events.map((event) => (
          <li key={event.seq}>
            <b>{event.label}</b>
            <span class="note">
              <time dateTime={event.at}>{moment(event.at)}</time> · {who(event.by)}
            </span>
            {Object.keys(factWords)
              .filter((name) => event.data[name])
              .map((name) => (
                <p key={name}>
                  {factWords[name]}：{fact(name, event.data[name])}
                </p>
              ))}
          </li>
        ))}
      </ol>
    </section>
  );
}
