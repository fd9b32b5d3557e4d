/**
 * What this phone remembers between two visits.
 *
 * Only the token, two settings and what has not been sent yet: the transcript itself stays with the
 * service, because phones are borrowed, sold and repaired.
 */

const prefix = "zerotrip.chat.";
const memory: Record<string, string> = {}; // a private window may refuse storage: then this visit is all there is

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return memory[key] ?? null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    memory[key] = value;
  }
}

export function forget(key: string): void {
  delete memory[key];
  try {
    localStorage.removeItem(prefix + key);
  } catch {
    // nothing was kept, nothing is left
  }
}

/** The keys kept under `start`, oldest name first. */
export function recallKeys(start: string): string[] {
  const whole = prefix + start;
  let keys: string[];
  try {
    keys = Object.keys(localStorage).filter((key) => key.indexOf(whole) === 0).map((key) => key.slice(prefix.length));
  } catch {
    keys = Object.keys(memory).filter((key) => key.indexOf(start) === 0);
  }
  return keys.sort();
}

/** What he is typing outlives a reload, but not the visit. */
export const draft = {
  read(): string {
    try {
      return sessionStorage.getItem(prefix + "draft") ?? "";
    } catch {
      return "";
    }
  },
  write(text: string): void {
    try {
      sessionStorage.setItem(prefix + "draft", text);
    } catch {
      // the field itself still holds it
    }
  },
};
