import type { ReactNode } from 'react'
import type { Tone } from '../toast-store'

function Icon({ children, className = '' }: { children: ReactNode; className?: string }) {
  return (
    <svg
      className={`cf-icon ${className}`}
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  )
}

/** A shield: what protects the account. */
export const ShieldIcon = () => (
  <Icon>
    <path d="M10 2.5 16 4.8v4.4c0 3.9-2.4 6.9-6 8.3-3.6-1.4-6-4.4-6-8.3V4.8z" />
  </Icon>
)

/** Two people. */
export const PeopleIcon = () => (
  <Icon>
    <circle cx="7.5" cy="7" r="2.75" />
    <path d="M2.5 16.5c0-2.9 2.1-4.75 5-4.75s5 1.85 5 4.75M13 4.4a2.75 2.75 0 0 1 0 5.2M14.7 12.2c1.8.6 2.8 2.1 2.8 4.3" />
  </Icon>
)

/** A tick. */
export const CheckIcon = () => (
  <Icon>
    <path d="m4.5 10.5 3.6 3.6 7.4-8.2" />
  </Icon>
)

/** A cross: takes something away. */
export const CrossIcon = () => (
  <Icon>
    <path d="m5.5 5.5 9 9m0-9-9 9" />
  </Icon>
)

/** Points down; turned when what it opens is open. */
export const ChevronIcon = () => (
  <Icon className="cf-chevron">
    <path d="m6 8 4 4 4-4" />
  </Icon>
)

/** An arrow upwards: over a number. */
export const OverIcon = () => (
  <Icon>
    <path d="M10 15.5v-11m-4.5 4.5L10 4.5 14.5 9" />
  </Icon>
)

/** A clock: time runs out. */
export const ClockIcon = () => (
  <Icon>
    <circle cx="10" cy="10" r="7.25" />
    <path d="M10 5.75V10l2.75 1.75" />
  </Icon>
)

const tones: Record<Tone, ReactNode> = {
  info: (
    <>
      <circle cx="10" cy="10" r="7.25" />
      <path d="M10 9.25v4.25M10 6.6v.05" />
    </>
  ),
  success: (
    <>
      <circle cx="10" cy="10" r="7.25" />
      <path d="m6.9 10.3 2.2 2.2 4-4.6" />
    </>
  ),
  warning: (
    <>
      <path d="M10 3 17.6 16.25H2.4z" />
      <path d="M10 8v3.75M10 13.9v.05" />
    </>
  ),
  danger: (
    <>
      <path d="M7 2.75h6L17.25 7v6L13 17.25H7L2.75 13V7z" />
      <path d="M10 6.5v4.25M10 13.4v.05" />
    </>
  ),
}

/** The icon of a meaning: words stand beside it, so it is hidden from screen readers. */
export const ToneIcon = ({ tone }: { tone: Tone }) => <Icon className="cf-tone-icon">{tones[tone]}</Icon>

const devices: Record<string, ReactNode> = {
  desktop: (
    <>
      <rect x="2.5" y="4" width="15" height="9.5" rx="1.5" />
      <path d="M7 16.5h6M10 13.5v3" />
    </>
  ),
  phone: (
    <>
      <rect x="5.75" y="2.5" width="8.5" height="15" rx="1.75" />
      <path d="M9.25 14.75h1.5" />
    </>
  ),
  tablet: (
    <>
      <rect x="3.75" y="2.75" width="12.5" height="14.5" rx="1.75" />
      <path d="M9.25 14.5h1.5" />
    </>
  ),
  bot: (
    <>
      <rect x="3.5" y="6.5" width="13" height="9.5" rx="2" />
      <path d="M10 6.5v-3M7.5 10.5v1.25M12.5 10.5v1.25" />
    </>
  ),
  other: (
    <>
      <circle cx="10" cy="10" r="7.25" />
      <path d="M2.75 10h14.5M10 2.75c4.4 4.6 4.4 9.9 0 14.5-4.4-4.6-4.4-9.9 0-14.5" />
    </>
  ),
}

/** A device by its kind. */
export const DeviceIcon = ({ kind }: { kind: string }) => <Icon>{devices[kind] ?? devices.other}</Icon>
