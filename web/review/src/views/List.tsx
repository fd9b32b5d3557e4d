import type { Summary } from "../api";
import { day } from "../words";
import { Clock } from "./Clock";

export function List({ applications, chosen, filtered }: { applications: Summary[]; chosen: string; filtered: boolean }) {
  if (!applications.length) return <p class="empty">{filtered ? "没有找到。换个词，或者选“全部状态”。" : "现在没有要办的。"}</p>;
  return (
    <ul class="list">
      {applications.map((each) => (
        <li key={each.number}>
          <a href={`#/${encodeURIComponent(each.number)}`} aria-current={each.number === chosen ? "true" : undefined}>
            <span class="list-title">{each.title}</span>
            <span class="list-state">{each.state_label}</span>
            <span class="list-who" dir="auto">
              {each.applicant}
            </span>
            <span class="list-number">{each.number}</span>
            <span class="list-clock">
              {each.alert && <b class="list-alert">要处理</b>}
              <Clock colour={each.clock} />
              {each.due_on && <span>{day(each.due_on)}</span>}
            </span>
          </a>
        </li>
      ))}
    </ul>
  );
}
