/** Put words on the phone's clipboard; false when the phone will not. Works without https and on old browsers. */
export async function copyText(words: string): Promise<boolean> {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(words);
      return true;
    }
  } catch {
    // not allowed here: the old way may be
  }
  const field = document.createElement("textarea");
  field.value = words;
  field.className = "unseen";
  document.body.appendChild(field);
  field.select();
  const copied = document.execCommand("copy");
  document.body.removeChild(field);
  return copied;
}
