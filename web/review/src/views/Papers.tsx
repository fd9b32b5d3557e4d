import type { Application } from "../api";
import { moment } from "../words";

/** What was put in writing, to be read on paper or on the screen. Opening one is written down. */
export function Papers({ application }: { application: Application }) {
  if (!application.documents?.length) return null;
  const address = (id: string, form: string) => `api/applications/${encodeURIComponent(application.number)}/documents/${id}.${form}`;
  return (
    <section>
      <h3>文书</h3>
      <ul class="papers">
        {application.documents.map((paper) => (
          <li key={paper.id}>
            <b>{paper.title}</b>
            <span class="note">
              {paper.number} · <time dateTime={paper.at}>{moment(paper.at)}</time>
            </span>
            <a href={address(paper.id, "pdf")} download aria-label={`下载 PDF：${paper.title}`}>
              PDF
            </a>
            <a href={address(paper.id, "html")} download aria-label={`下载网页：${paper.title}`}>
              网页
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
