/** The two calls of the page. See handlers/upload_link.py. */

export interface Wanted {
  slot: string;
  side: string;
  title: string;
  lang: string;
}

/** The service answered and said no. `plain` is in the applicant's words, or empty. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly plain: string,
  ) {
    super(`refused with ${status}`);
  }
}

/** Nobody answered: there is no network, or it broke off. */
export class NoAnswer extends Error {}

const root = new URL("./api/", location.href).href;
const askedWithin = 15_000; // milliseconds
const sentWithin = 300_000; // a photo over a weak network

export async function ask(token: string): Promise<Wanted> {
  return JSON.parse(await call("GET", "link", token, askedWithin)) as Wanted;
}

/** Send the photo; `progress` is told how much of it has left, 0 to 1. */
export async function send(token: string, photo: Blob, progress: (part: number) => void): Promise<void> {
  const form = new FormData();
  form.append("file", photo, "photo");
  await call("POST", "photo", token, sentWithin, form, progress);
}

// XMLHttpRequest, because fetch does not tell how much has been sent.
function call(
  method: string,
  path: string,
  token: string,
  within: number,
  body: FormData | null = null,
  progress?: (part: number) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, root + path);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.timeout = within;
    if (progress) request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () =>
      request.status < 300 ? resolve(request.responseText) : reject(new Refused(request.status, plainOf(request.responseText)));
    request.onerror = request.ontimeout = () => reject(new NoAnswer());
    request.send(body);
  });
}

function plainOf(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: string }).message ?? "");
  } catch {
    return "";
  }
}
