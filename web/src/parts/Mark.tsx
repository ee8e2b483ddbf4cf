/* The mark: a light on the quarantine island. */
export function Mark({ size }: { size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0f7482" />
      <path d="M13.4 9.2 4.6 6.4v5.4zM18.6 9.2l8.8-2.8v5.4z" fill="#fff" opacity=".38" />
      <path d="m13 24.5 1.2-12h3.6l1.2 12z" fill="#fff" />
      <path d="m13.75 17 .25-2.4h4l.25 2.4zm-.5 5 .25-2.4h5l.25 2.4z" fill="#0f7482" opacity=".5" />
      <rect x="12.6" y="11" width="6.8" height="1.7" rx=".85" fill="#fff" />
      <rect x="14.1" y="7.4" width="3.8" height="3.6" fill="#ffd166" />
      <path d="M13.2 7.5 16 4.4l2.8 3.1z" fill="#fff" />
      <path
        d="M5 26.4q2.75-2 5.5 0t5.5 0 5.5 0 5.5 0"
        fill="none"
        stroke="#fff"
        strokeWidth="1.7"
        strokeLinecap="round"
      />
    </svg>
  );
}
