import type { ClockColour, Lookup } from "./api";

/** Colour never speaks alone: a word and a shape say the same. */
export const clockWords: Record<ClockColour, string> = { green: "时间充足", yellow: "快到期", red: "已到期", none: "不计时" };

export const factWords: Record<string, string> = {
  why: "为什么不能办",
  how: "怎么才能办",
  rights: "申请人的权利",
  stage: "办到",
  reason: "原因",
  by: "最晚",
  until: "到",
  keep_until: "资料留到",
  material: "材料",
  amount: "金额（元）",
  carrier: "快递",
  tracking_no: "单号",
  day: "改到",
  method: "送达方式",
  note: "说明",
  receipt_no: "受理回执",
  promised_by: "承诺日期",
  answer_by: "最晚回话",
  result: "结果",
  code: "评价",
};

const resultWords: Record<string, string> = { approved: "准予", denied: "不予批准" };
const ratingWords = ["", "1 非常满意", "2 满意", "3 基本满意", "4 不满意", "5 非常不满意"];

export function fact(name: string, value: unknown): string {
  if (name === "result") return resultWords[String(value)] ?? String(value);
  if (name === "code") return ratingWords[Number(value)] ?? String(value);
  return /^\d{4}-\d\d-\d\d$/.test(String(value)) ? day(String(value)) : String(value);
}

/** "2026-11-24" or a moment -> "11月24日(周二)"; the year when it is not this one. */
export function day(text: string): string {
  const at = new Date(text.length === 10 ? `${text}T00:00` : text);
  const year = at.getFullYear() === new Date().getFullYear() ? "" : `${at.getFullYear()}年`;
  return `${year}${at.getMonth() + 1}月${at.getDate()}日(周${"日一二三四五六"[at.getDay()]})`;
}

export function moment(text: string): string {
  const at = new Date(text);
  return `${day(text)} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

const lookupResults: Record<string, string> = { confirmed: "核验属实，不用交照片", not_found: "没有查到，材料要交", differs: "跟登记的不一样，材料要交" };

/** "民政 王数据 11月24日(周二) 09:04：核验属实"; while nobody has answered, who is asked. */
export function lookupWords(lookup: Lookup): string {
  if (!lookup.result) return `${lookup.department}还没答复${lookup.state === "escalated" ? "，已经提醒主管" : ""}`;
  return `${lookup.department} ${lookup.officer ?? ""} ${lookup.at ? moment(lookup.at) : ""}：${lookupResults[lookup.result] ?? lookup.result}`;
}

const two = (part: number): string => (part < 10 ? `0${part}` : String(part));

export function who(by: string): string {
  const [role, name] = by.split(":", 2);
  if (name) return role === "supervisor" ? `${name}（监督）` : name;
  return { applicant: "申请人", system: "系统" }[by] ?? by;
}

export const flagWords = (flag: string): string => ({ look_by_hand: "请人工看清楚" })[flag.replace(/-/g, "_")] ?? flag;
