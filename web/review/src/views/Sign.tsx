export const Sign = () => (
  <svg class="sign" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <circle cx="16" cy="16" r="12" />
    <path d="M10.5 16.5l4 4 7.5-9" />
  </svg>
);
