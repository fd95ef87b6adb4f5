import type { Tone } from '../toast-store'

/** An icon of one path. Words stand beside it, so it is hidden from screen readers. */
function Icon({ d, className }: { d: string | undefined; className?: string }) {
  return (
    <svg
      className={className ? `cf-icon ${className}` : 'cf-icon'}
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={d} />
    </svg>
  )
}

const ring = 'M17.25 10a7.25 7.25 0 1 1-14.5 0 7.25 7.25 0 0 1 14.5 0'

/** A shield: what protects the account. */
export const ShieldIcon = () => <Icon d="M10 2.5 16 4.8v4.4c0 3.9-2.4 6.9-6 8.3-3.6-1.4-6-4.4-6-8.3V4.8z" />

/** Two people. */
export const PeopleIcon = () => (
  <Icon d="M10.25 7a2.75 2.75 0 1 1-5.5 0 2.75 2.75 0 0 1 5.5 0M2.5 16.5c0-2.9 2.1-4.75 5-4.75s5 1.85 5 4.75M13 4.4a2.75 2.75 0 0 1 0 5.2M14.7 12.2c1.8.6 2.8 2.1 2.8 4.3" />
)

/** A tick. */
export const CheckIcon = () => <Icon d="m4.5 10.5 3.6 3.6 7.4-8.2" />

/** A cross: takes something away. */
export const CrossIcon = () => <Icon d="m5.5 5.5 9 9m0-9-9 9" />

/** Points down; turned when what it opens is open. */
export const ChevronIcon = () => <Icon className="cf-chevron" d="m6 8 4 4 4-4" />

/** An arrow upwards: over a number. */
export const OverIcon = () => <Icon d="M10 15.5v-11m-4.5 4.5L10 4.5 14.5 9" />

/** A dash: neither over nor within. */
export const DashIcon = () => <Icon d="M6 10h8" />

/** A clock: time runs out. */
export const ClockIcon = () => <Icon d={`${ring}M10 5.75V10l2.75 1.75`} />

const tones: Record<Tone, string> = {
  info: `${ring}M10 9.25v4.25M10 6.6v.05`,
  success: `${ring}M6.9 10.3l2.2 2.2 4-4.6`,
  warning: 'M10 3 17.6 16.25H2.4zM10 8v3.75M10 13.9v.05',
  danger: 'M7 2.75h6L17.25 7v6L13 17.25H7L2.75 13V7zM10 6.5v4.25M10 13.4v.05',
}

/** The icon of a meaning. */
export const ToneIcon = ({ tone }: { tone: Tone }) => <Icon d={tones[tone]} />

const devices: Record<string, string> = {
  desktop:
    'M4 4h12a1.5 1.5 0 0 1 1.5 1.5V12a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 12V5.5A1.5 1.5 0 0 1 4 4M7 16.5h6M10 13.5v3',
  phone:
    'M7.5 2.5h5a1.75 1.75 0 0 1 1.75 1.75v11.5a1.75 1.75 0 0 1-1.75 1.75h-5a1.75 1.75 0 0 1-1.75-1.75V4.25A1.75 1.75 0 0 1 7.5 2.5M9.25 14.75h1.5',
  tablet:
    'M5.5 2.75h9a1.75 1.75 0 0 1 1.75 1.75v11a1.75 1.75 0 0 1-1.75 1.75h-9a1.75 1.75 0 0 1-1.75-1.75v-11A1.75 1.75 0 0 1 5.5 2.75M9.25 14.5h1.5',
  bot: 'M5.5 6.5h9a2 2 0 0 1 2 2V14a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2V8.5a2 2 0 0 1 2-2M10 6.5v-3M7.5 10.5v1.25M12.5 10.5v1.25',
}

/** A device by its kind. */
export const DeviceIcon = ({ kind }: { kind: string }) => (
  <Icon
    d={
      Object.hasOwn(devices, kind)
        ? devices[kind]
        : `${ring}M2.75 10h14.5M10 2.75c4.4 4.6 4.4 9.9 0 14.5-4.4-4.6-4.4-9.9 0-14.5`
    }
  />
)
